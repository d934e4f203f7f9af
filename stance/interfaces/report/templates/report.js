"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const several = data.articles.length > 1;
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const PAGE = 50;
  const signed = (value) => (Math.abs(value) < 0.005 ? "0.00" : (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2));
  const number = (text) => parseFloat(text.replace("−", "-"));

  // The words of a quote: the article on the page without labels and notes, cut at the quote's spans. Offsets count code points.
  const texts = [];
  const textOf = (article) => {
    if (!texts[article]) {
      const copy = document.querySelector(`#a${article} .text`).cloneNode(true);
      copy.querySelectorAll(".n, .l").forEach((one) => one.remove());
      texts[article] = Array.from(copy.textContent);
    }
    return texts[article];
  };
  const words = (quote) => {
    const parts = [];
    for (let k = 0; k < quote[5].length; k += 2) parts.push(textOf(quote[0]).slice(quote[5][k], quote[5][k + 1]).join(""));
    return parts.join(" … ");
  };
  const anchor = (quote) => `q${quote[0]}-${quote[1]}`;
  const score = (quote) => (typeof quote[4] === "number" ? quote[4] : -9);

  const element = (tag, text, options = {}) => Object.assign(document.createElement(tag), { textContent: text }, options);
  const link = (href, text) => element("a", text, { href });

  // ---- the table of quotes
  const place = (q) => q[0] * 1e8 + q[5][0];
  const source = (q) => `${data.dates[q[0]]} ${data.articles[q[0]]}`;
  const columns = [(q) => data.speakers[q[2]], (q) => q[3], score, words, ...(several ? [source] : []), ...(data.excerpts ? [] : [place])];
  const state = { words: "", stance: "", speaker: null, column: data.excerpts ? -1 : columns.length - 1, down: false, shown: PAGE };
  const form = $("filter");
  const body = $("quote-table").tBodies[0];
  const heads = [...$("quote-table").tHead.rows[0].cells];

  const compare = (a, b) => (typeof a === "string" ? collator.compare(a, b) : a - b);
  const chosen = () => {
    const wanted = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = data.quotes.filter((q) => {
      if (state.stance !== "" && q[3] !== Number(state.stance)) return false;
      if (state.speaker !== null && q[2] !== state.speaker) return false;
      if (!wanted.length) return true;
      const all = `${words(q)} ${data.speakers[q[2]]} ${data.articles[q[0]]}`.toLowerCase();
      return wanted.every((word) => all.includes(word));
    });
    const key = columns[state.column] ?? place;
    const keyed = rows.map((q) => [key(q), place(q), q]);
    keyed.sort((a, b) => (state.down ? -1 : 1) * compare(a[0], b[0]) || a[1] - b[1]);
    return keyed.map((one) => one[2]);
  };
  const cell = (row, content, name) => {
    const one = row.insertCell();
    one.append(...[content].flat());
    if (name) one.className = name;
  };
  const addRow = (q) => {
    const row = body.insertRow();
    const label = data.labels[q[3]];
    row.className = label;
    const head = element("th", "", { scope: "row" });
    head.append(link(`#s${q[2]}`, data.speakers[q[2]]));
    row.append(head);
    const told = typeof q[4] === "number";
    cell(row, [element("b", label, { className: q[6] ? "l pale" : "l" }), ...(told || !q[4] ? [] : [element("small", q[4])])], "why");
    cell(row, told ? signed(q[4]) : element("small", "no score"), "num");
    cell(row, link(`#${anchor(q)}`, words(q)));
    if (several) cell(row, [link(`#a${q[0]}`, data.articles[q[0]]), " ", element("small", data.dates[q[0]])], "source");
    if (!data.excerpts) cell(row, `${q[5][0]}–${q[5][q[5].length - 1]}`, "num");
  };
  const show = () => {
    const rows = chosen();
    body.textContent = "";
    rows.slice(0, state.shown).forEach(addRow);
    $("count").textContent = `${rows.length} of ${data.quotes.length} quotes`;
    const left = rows.length - state.shown;
    $("more").hidden = left <= 0;
    $("more").textContent = `Show ${Math.min(left, PAGE)} more`;
    $("chip").hidden = state.speaker === null;
    $("chip").textContent = state.speaker === null ? "" : `${data.speakers[state.speaker]} ✕`;
    $("chip").setAttribute("aria-label", state.speaker === null ? "" : `Only ${data.speakers[state.speaker]}; remove this filter`);
    heads.forEach((head, k) => head.setAttribute("aria-sort", k !== state.column ? "none" : state.down ? "descending" : "ascending"));
  };
  const change = (changes) => {
    Object.assign(state, { shown: PAGE }, changes);
    form.elements.words.value = state.words;
    form.elements.stance.value = state.stance;
    show();
  };
  heads.forEach((head, k) => {
    const button = element("button", head.textContent, { type: "button" });
    button.addEventListener("click", () => change({ down: state.column === k ? !state.down : k === 2, column: k }));
    head.replaceChildren(button);
  });
  let wait = 0;
  form.elements.words.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => change({ words: form.elements.words.value }), 120);
  });
  form.elements.stance.addEventListener("change", () => change({ stance: form.elements.stance.value }));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    change({ words: "", stance: "", speaker: null });
  });
  $("chip").addEventListener("click", () => {
    change({ speaker: null });
    form.elements.words.focus();
  });
  $("more").addEventListener("click", () => {
    const first = state.shown;
    change({ shown: state.shown + PAGE });
    body.rows[first]?.querySelector("a").focus();
  });

  // ---- figures lead to their quotes
  const toQuotes = (changes) => {
    change({ words: "", stance: "", speaker: null, ...changes });
    $("quotes").focus({ preventScroll: true });
    $("quotes").scrollIntoView();
  };
  document.addEventListener("click", (event) => {
    const from = event.target.closest("[data-stance], #speaker-table td.num a, td.axis[style]");
    if (!from) return;
    event.preventDefault();
    const { stance } = from.dataset;
    toQuotes(stance === undefined ? { speaker: Number(from.closest("tr").id.slice(1)) } : { stance });
  });

  // ---- who speaks, on hover; the same stands beside the mark
  const hover = (q) => `${data.speakers[q[2]]}: ${data.labels[q[3]]}, ${typeof q[4] === "number" ? signed(q[4]) : q[4] || "no score"}`;
  const byAnchor = new Map(data.quotes.map((q) => [anchor(q), q]));
  document.addEventListener("mouseover", (event) => {
    const mark = event.target.closest("mark");
    const q = mark && !mark.title && byAnchor.get(mark.id || mark.dataset.of);
    if (q) mark.title = hover(q);
  });

  // ---- tables that stand on the page already
  document.querySelectorAll("table[data-sort]").forEach((table) => {
    const cells = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows];
    cells.forEach((head, k) => {
      if (head.dataset.nosort !== undefined) return;
      const button = element("button", head.textContent, { type: "button" });
      head.replaceChildren(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const numeric = head.classList.contains("num");
        const before = head.getAttribute("aria-sort");
        const down = before === "none" ? numeric : before === "ascending";
        const key = (row) => row.cells[k].textContent;
        const value = (row) => (Number.isNaN(number(key(row))) ? -9 : number(key(row)));
        rows.sort((a, b) => (down ? -1 : 1) * (numeric ? value(a) - value(b) : collator.compare(key(a), key(b))));
        table.tBodies[0].append(...rows);
        table.dispatchEvent(new Event("sorted"));
        cells.forEach((one) => one.hasAttribute("aria-sort") && one.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
      });
    });
  });
  // ---- long tables begin folded, and speakers of one quote or without a name
  const FIRST = 25;
  const fold = (table, what) => {
    const rows = table ? [...table.tBodies[0].rows] : [];
    const n = rows.length;
    const minor = rows.some((row) => row.classList.contains("minor"));
    if (n <= FIRST && !minor) return () => {};
    const shown = Math.min(FIRST, rows.filter((row) => !row.classList.contains("minor")).length);
    const all = element("button", "", { type: "button" });
    let folded = true;
    const lay = () => {
      let k = 0;
      for (const row of table.tBodies[0].rows) row.classList.toggle("folded", folded && (row.classList.contains("minor") || ++k > FIRST));
    };
    const shorten = (short) => {
      folded = short;
      lay();
      all.textContent = short ? `Show all ${n} ${what}` : `Show only ${shown}`;
      all.setAttribute("aria-expanded", String(!short));
    };
    all.addEventListener("click", () => shorten(!folded));
    table.addEventListener("sorted", lay);
    const below = element("p", "");
    below.append(all);
    table.closest(".scroll").after(below);
    shorten(true);
    return shorten;
  };
  const speakers = $("speaker-table");
  const shorten = fold(speakers, "speakers");
  fold($("attributed-table"), "attributed stances");
  if (speakers && (data.folds || speakers.tBodies[0].rows.length > FIRST)) {
    $("find-speaker").closest("p").hidden = false;
    $("find-speaker").addEventListener("input", (event) => {
      const wanted = event.target.value.toLowerCase();
      shorten(!wanted);
      for (const row of speakers.tBodies[0].rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    });
  }

  // ---- a link must never lead to something folded away
  const reveal = () => {
    const target = location.hash && $(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const folded = target.querySelector(":scope > details") || target.closest("details");
    if (folded) folded.open = true;
    if (target.matches("#speaker-table tr")) {
      target.hidden = false;
      shorten(false);
    }
    target.scrollIntoView({ block: target.matches("mark") ? "center" : "start" });
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const from = event.target.closest("a[href^='#']");
    if (from && from.getAttribute("href") === location.hash) reveal();
  });

  form.hidden = false;
  $("quote-box").hidden = false;
  show();
  reveal();
})();

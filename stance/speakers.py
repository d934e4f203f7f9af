"""Who speaks: from the words that stand beside a quote to a name.

First all names of the article are gathered with their titles and appositions; then the subjects and the mentions beside quotes are read in text order,
so that "he", "the official" and "Kallas" each find the person who was last spoken of in that way.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from stance.aliases import Aliases, load_aliases
from stance.cues import BODY_NOUNS, PERSON_NOUNS, TEXT_NOUNS
from stance.records import Article, Quote, Span
from stance.views import View

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

TITLES = frozenset(
    "mr mrs ms miss dr sir prof professor president vice-president senator sen rep reps gov governor minister ministers prime premier chancellor secretary "
    "foreign defence defense interior finance deputy vice chief general gen colonel col lt maj major captain capt admiral king queen prince princess "
    "ambassador envoy special representative spokesman spokeswoman spokesperson mayor judge justice director commander chairman chairwoman speaker "
    "opposition leader analyst lawmaker former ex ex-president congressman congresswoman attorney press adviser advisor columnist archbishop "
    "bishop cardinal reverend rev father sheikh ayatollah imam crown emir sultan state head commissioner coach officer sergeant lady lord dame "
    "democrat republican sens candidate nominee democratic gop rival".split()
)
# What ends the name of an institution or place, never that of a person.
NOT_PERSON = frozenset(
    "ministry department council union institute center centre street party times post news agency states nations house committee forces army bank "
    "university office government administration republic federation kingdom parliament congress senate court commission association group company "
    "corporation organization organisation fund endowment foundation journal herald tribune telegraph guardian radio television tv service services police "
    "staff force command front movement alliance league board bureau society network channel club school college hospital church kremlin city county "
    "region province district island islands sea gulf river east west north south day act treaty agreement accord plan summit conference war games "
    "accords treasury mission authority assembly cabinet workshop observatory forum partners capital securities asset management inc ltd corp co".split()
)
PLACES = frozenset(
    "ukraine russia moscow kyiv kiev washington london paris berlin brussels beijing china israel gaza iran tehran hamas turkey ankara istanbul europe "
    "germany france britain poland hungary america japan india pakistan syria damascus lebanon hezbollah egypt cairo qatar doha riyadh geneva "
    "armenia azerbaijan baku yerevan belarus minsk nato eu un u.n u.s us uk usa kremlin pentagon reuters afp tass ap cnn bbc monday tuesday wednesday "
    "thursday friday saturday sunday january february march april may june july august september october november december".split()
)
NOT_FIRST = frozenset(
    "south north east west new saint st port mount lake upper lower great greater united supreme national international european central "
    "southern northern eastern western fort cape los las san".split()
)
FEMALE_NOUNS = frozenset("spokeswoman chairwoman congresswoman woman mother queen princess actress businesswoman daughter wife widow".split())
MALE_NOUNS = frozenset("spokesman chairman congressman man father king prince businessman son husband pope pontiff bishop priest".split())
FEMALE_NAMES = frozenset(
    "kaja ursula giorgia angela hillary melania nancy elizabeth karine marine annalena sanna mette jacinda theresa liz susan mary jennifer linda sarah karen "
    "lisa emily kate jane anne helen ruth carol janet kelly michelle rachel rebecca ingrid ellen kim alice agnes irene yvonne simone isabel carmen "
    "leyla zeynep fatma hind mai condoleezza kellyanne madeleine caroline catherine claire petra".split()
)
MALE_NAMES = frozenset(
    "joshua luca mustafa andrea nikita sasha ilya mischa musa issa abdulla mitja joe john james robert michael david william richard thomas donald barack "
    "vladimir volodymyr sergei sergey dmitry emmanuel olaf friedrich viktor recep benjamin antony "
    "boris rishi keir jens jake lloyd xi joaquim luka juba seba costa "
    "sava jovica nikola danila kuzma foma luka ezra noah elijah isa zakaria mahamadou moussa moustapha krishna shiva aditya".split()
)
# Words that name the same office in other words.
SYNONYMS = {
    "leader": "president premier chancellor minister head king chairman pope",
    "diplomat": "minister ambassador envoy diplomat spokeswoman spokesman spokesperson consul chief representative",
    "spokesperson": "spokesman spokeswoman spokesperson",
    "premier": "minister premier",
    "pm": "minister premier",
    "president": "president",
    "politician": "lawmaker senator mp minister leader member deputy chairman",
    "lawmaker": "member senator deputy mp congressman lawmaker",
    "analyst": "fellow researcher expert analyst scholar economist strategist professor",
    "expert": "fellow researcher expert analyst scholar professor",
    "scholar": "fellow researcher professor scholar scientist historian",
    "academic": "professor lecturer researcher scholar scientist",
    "researcher": "fellow researcher scientist",
    "chief": "chief head director commander",
    "head": "head chief director president chairman",
    "pontiff": "pope",
    "negotiator": "negotiator head leader envoy",
    "commander": "commander general colonel",
    "official": "official",
    "billionaire": "candidate nominee",
    "nominee": "nominee candidate",
    "candidate": "nominee candidate",
    "governor": "governor head",
}
COURTESY = frozenset("mr mrs ms miss dr sir prof madam lord lady dame".split())
WHERE = frozenset("in into near across inside outside".split())
MEMORY = 150
NEAR = 250
HE, SHE, THEY = frozenset(["he", "him"]), frozenset(["she", "her"]), frozenset(["they", "them"])
FIRST_OR_SECOND = frozenset("i we you us me".split())
# What "the statement" says, whoever was last spoken of by name has issued.
ISSUED = frozenset("statement communique communiqué post letter release".split())
PARTICLES = frozenset("al el bin ibn de da di du der den van von la le abu ben ter dos".split())
NAME_IN_QUOTE = re.compile(r"\b[A-Z][\w-]+(?: (?:(?:al|bin|de|van|von) )?[A-Z][\w.-]*){1,3}")


@dataclasses.dataclass(frozen=True, slots=True)
class Mention:
    """The words that name a speaker beside a quote."""

    text: str
    span: Span
    head: "Token"
    start: int
    end: int
    view: View


@dataclasses.dataclass(slots=True)
class Entity:
    """Somebody in the article: a person by name, or whoever is only described. ``spelled`` are the name's words as `Aliases` compares them."""

    name: str
    spelled: tuple[str, ...]
    person: bool
    roles: set[str] = dataclasses.field(default_factory=set)
    words: set[str] = dataclasses.field(default_factory=set)
    role: str | None = None
    gender: str | None = None
    plural: bool = False
    named: bool = True
    last: int = -1
    first: int = -1


def mention_of(head: "Token | None", view: View) -> Mention | None:
    """Return the noun phrase around a speaker's head word, without what only describes it further."""
    if head is None or view.holder_at(head.idx) is not None:
        return None
    doc = head.doc
    start, end = head.left_edge.i, head.i + 1
    for at in range(head.i + 1, head.right_edge.i + 1):
        token = doc[at]
        if (
            token.text in (",", "(", "–", "—", "-", ";", ":", '"')
            or token.tag_ in ("WP", "WDT", "WP$")
            or (token.dep_ in ("relcl", "acl") and token.head == head)
        ):
            break
        end = at + 1
    while end + 1 < len(doc) and doc[end].text == "-" and not doc[end - 1].whitespace_ and not doc[end].whitespace_:
        end += 2
    for at in range(head.i - 1, start - 1, -1):
        if doc[at].text in (",", ";", ":", '"', "–", "—") and not _is_listed(doc, at):
            start = at + 1
            break
    while start < head.i and doc[start].pos_ in ("PUNCT", "CCONJ", "ADV", "SPACE", "SCONJ"):
        start += 1
    low, high = view.starts[doc[start].idx], view.ends[doc[end - 1].idx + len(doc[end - 1]) - 1]
    return Mention(doc[start:end].text, (low, high), head, start, end, view)


def _is_listed(doc: "Doc", at: int) -> bool:
    return doc[at].text == "," and doc[at - 1].pos_ == "ADJ" and doc[at + 1].pos_ == "ADJ" if 0 < at < len(doc) - 1 else False


def attribute_speakers(
    article: Article, found: Sequence[tuple[Quote, Any]], views: Sequence[View], docs: "Sequence[Doc]", cast: "Cast | None" = None
) -> list[Quote]:
    """Name the speaker of each quote.

    Parameters
    ----------
    article
        The article.
    found
        The quotes in text order, each with the statement it was made from.
    views, docs
        The article's paragraphs as the parser saw them.
    cast
        Who was met in earlier sections of a long article.

    Returns
    -------
    list of Quote
        The same quotes with ``speaker``, ``speaker_role`` and ``speaker_confidence``; ``speaker`` stays None where nobody was found.
    """
    cast = Cast() if cast is None else cast
    cast.learn(article, views, docs)
    named: dict[int, tuple[Entity | None, float]] = {}
    speaker: Entity | None = None
    ends_at = -10_000
    for at, number, mention in _events(found, views, docs):
        if number < 0:
            if mention is not None:
                cast.see(mention, at)
            continue
        quote, label = found[number][0], found[number][1].label
        if quote.parent is not None:
            # What is quoted inside a quote changes nothing for whom the narrator's "he" means later.
            named[number] = cast.inside(mention, label, at)
            continue
        if label is not None:
            entity, confidence = cast.labelled(label[0], at), 0.9
        elif mention is None:
            entity = cast.latest if cast.latest is not None and cast.latest.last > ends_at else speaker
            confidence = 0.6 if entity is speaker else 0.4
        else:
            entity, confidence = cast.resolve(mention, at, speaker)
        named[number] = entity, confidence
        speaker = entity if entity is not None else speaker
        ends_at = max(at, quote.spans[-1][1])
    _settle_inner(found, named)
    return [_with_speaker(quote, *named[number], cast.aliases) for number, (quote, _) in enumerate(found)]


def _events(found: Sequence[tuple[Quote, Any]], views: Sequence[View], docs: "Sequence[Doc]") -> list[tuple[int, int, Mention | None]]:
    """Return in text order who is spoken of: (where, number of the quote or -1, the words that name somebody)."""
    events: list[tuple[int, int, Mention | None]] = []
    heads: set[tuple[int, int]] = set()
    for number, (_, statement) in enumerate(found):
        mention: Mention | None = statement.mention
        if mention is not None:
            heads.add((id(mention.view), mention.head.i))
        events.append((mention.span[0] if mention is not None else statement.spans[0][0], number, mention))
    spoken = [span for quote, _ in found for span in quote.spans]
    events += [(mention.span[0], -1, mention) for mention in _subjects(views, docs, heads, spoken)]
    return sorted(events, key=lambda event: (event[0], event[1]))


def _settle_inner(found: Sequence[tuple[Quote, Any]], named: dict[int, tuple[Entity | None, float]]) -> None:
    """Give what somebody quotes of themselves ("I told them: …") to the outer speaker; "he told me: …" is never theirs."""
    numbers = {quote.id: number for number, (quote, _) in enumerate(found)}
    for number, (quote, statement) in enumerate(found):
        if quote.parent is None or statement.mention is None:
            continue
        word, outer = statement.mention.head.lower_, named[numbers[quote.parent]][0]
        if word == "i":
            named[number] = outer, 0.6
        elif word in HE | SHE and named[number][0] is outer:
            named[number] = None, 0.0


def _with_speaker(quote: Quote, entity: Entity | None, confidence: float, aliases: Aliases) -> Quote:
    if entity is None:
        return dataclasses.replace(quote, speaker_confidence=0.0)
    # "A senior official" of one article is not that of another: only a name has an id.
    speaker_id = (aliases.id_of(entity.name) or None) if entity.named and not entity.plural else None
    return dataclasses.replace(quote, speaker=entity.name, speaker_id=speaker_id, speaker_role=entity.role, speaker_confidence=round(confidence, 2))


def _subjects(views: Sequence[View], docs: "Sequence[Doc]", heads: set[tuple[int, int]], spoken: Sequence[Span]) -> Iterator[Mention]:
    """Yield the subjects of the narrator's own sentences: whom a later "he" may mean."""
    inside = bytearray(max((end for _, end in spoken), default=0) + 1)
    for start, end in spoken:
        inside[start:end] = b"\1" * (end - start)
    for view, doc in zip(views, docs, strict=True):
        for token in doc:
            if token.dep_ not in ("nsubj", "nsubjpass") or token.pos_ not in ("NOUN", "PROPN") or (id(view), token.i) in heads:
                continue
            at = view.starts[token.idx]
            if at < len(inside) and inside[at]:
                continue
            mention = mention_of(token, view)
            if mention is not None:
                yield mention


def clean_name(words: Sequence[str]) -> list[str]:
    """Drop titles and offices in front of a name: "U.S. Secretary of State Marco Rubio" -> Marco Rubio."""
    kept = list(words)
    for at in range(len(kept) - 1, -1, -1):
        if kept[at].lower().strip(".,’'") in TITLES:
            kept = kept[at + 1 :]
            break
    while kept and (kept[-1].lower() in ("'s", "’s", "jr.", "sr.", "jr", "sr") or not any(char.isalpha() for char in kept[-1])):
        kept.pop()
    while kept and not any(char.isalpha() for char in kept[0]):
        kept.pop(0)
    return kept


class Cast:
    """Everybody in one article, and whom a mention means at a place in it. People and others are found by their name's id, so by any spelling."""

    def __init__(self, aliases: Aliases | None = None) -> None:
        self.aliases = load_aliases() if aliases is None else aliases
        self.people: dict[str, Entity] = {}
        self.by_word: dict[str, list[Entity]] = {}
        self.others: list[Entity] = []
        self.by_name: dict[str, Entity] = {}
        self.recent: dict[int, Entity] = {}
        self.latest: Entity | None = None
        self.places: set[str] = set()

    def learn(self, article: Article, views: Sequence[View], docs: "Sequence[Doc]") -> None:
        """Gather the names in these paragraphs, with their titles and appositions."""
        for view, doc in zip(views, docs, strict=True):
            self.places.update(token.lower_ for token in doc if token.pos_ == "PROPN" and token.dep_ == "pobj" and token.head.lower_ in WHERE)
            for run in _runs(doc):
                self._learn(doc, run, view.starts[doc[run[0]].idx])
            for holder in view.holders:
                words = article.text[holder.quotation.start : holder.quotation.end]
                for match in NAME_IN_QUOTE.finditer(words[:20_000]):
                    self._add(clean_name(match.group().split()))

    def _add(self, words: Sequence[str]) -> Entity | None:
        """Enter a full name; a longer form of a known name replaces nothing, a shorter one adds nothing."""
        if len(words) < 2 or len(words) > 5 or words[-1].lower().strip(".") in NOT_PERSON or any(word.lower() in NOT_PERSON for word in words[1:]):
            return None
        first = words[0].lower().strip(".")
        if first in PLACES | NOT_FIRST or words[-1].lower() in PLACES or first in ("the", "i", "but", "and", "in", "if", "when", "as"):
            return None
        name = " ".join(words)
        number = self.aliases.id_of(name)
        if number not in self.people:
            entity = self._entity(name, person=True, gender=_gender_of(words[0]))
            self.people[number] = entity
            for word in set(entity.spelled):
                self.by_word.setdefault(word, []).append(entity)
        return self.people[number]

    def _entity(self, name: str, **known: Any) -> Entity:
        return Entity(name, self._spelled(name.split()), **known)

    def _spelled(self, words: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.aliases.word(word) for word in words)

    def _learn(self, doc: "Doc", run: tuple[int, int], at: int) -> None:
        """Enter the name of a run of proper nouns, with its office and what the apposition says."""
        start, end = run
        words = doc[start:end].text.split()
        name = clean_name(words)
        entity = self._add(name)
        if entity is None:
            entity = self._known(name) if len(name) == 1 else None
        if entity is None:
            return
        entity.first = at if entity.first < 0 else entity.first
        head = doc[end - 1]
        before = doc[max(min(head.left_edge.i, start), start - 8) : _behind_words(doc, start, len(words) - len(name))]
        texts = [token for token in before if token.is_alpha or "." in token.text]
        entity.roles.update(token.lemma_.lower() for token in texts if token.lower_ in TITLES or token.lemma_.lower() in PERSON_NOUNS)
        entity.words.update(token.lower_ for token in texts)
        if texts and entity.role is None and entity.roles:
            entity.role = _role_text(before.text)
        self._learn_gender(entity, [token.lower_.strip(".") for token in texts])
        for apposition in _appositions(head):
            phrase = list(apposition.subtree)
            entity.roles.add(apposition.lemma_.lower())
            entity.words.update(token.lower_ for token in phrase)
            self._learn_gender(entity, [apposition.lower_])
            if entity.role is None:
                ends = [i for i, t in enumerate(phrase) if t.dep_ in ("relcl", "acl") or t.tag_ in ("WP", "WDT", "WP$", "WRB") or t.text in ("(", ";")]
                stop = min(ends, default=len(phrase))
                entity.role = _role_text(doc[phrase[0].i : phrase[0].i + stop].text) if stop else None

    def _learn_gender(self, entity: Entity, words: Iterable[str]) -> None:
        seen = set(words)
        if seen & {"mrs", "ms", "miss"} or seen & FEMALE_NOUNS:
            entity.gender = "f"
        elif "mr" in seen or seen & MALE_NOUNS:
            entity.gender = "m"

    def _known(self, words: Sequence[str]) -> Entity | None:
        """Return the person whom part of a name means: surname first, then any word; the last one spoken of where several fit."""
        spelled = self._spelled(words)
        if not spelled:
            return None
        fits = [entity for entity in self.by_word.get(spelled[-1], []) if set(spelled) <= set(entity.spelled)]
        surnames = [entity for entity in fits if entity.spelled[-1] == spelled[-1]]
        pool = surnames or fits
        if not pool:
            return None
        # The longest form of a name is its full one; of two people with one surname the one last spoken of is meant.
        return max(pool, key=lambda entity: (entity.last, len(entity.name)))

    def labelled(self, label: str, at: int) -> Entity | None:
        """Return who a transcript's label means: "MR. KIRBY" is whoever of that surname the article names."""
        if label == "Q":
            return None
        words = clean_name([word.strip(".") for word in label.split()]) or label.split()
        entity = self._known(words)
        if entity is None:
            name = " ".join(word.capitalize() if word.isupper() and len(word) > 2 else word for word in words)
            entity = self._add(name.split()) or self.by_name.get(self._key(name))
            if entity is None:
                entity = self._entity(name, person=True)
                self._enter(entity)
        self._touch(entity, at)
        self.latest = entity
        return entity

    def _enter(self, entity: Entity) -> None:
        self.others.append(entity)
        self.by_name[self._key(entity.name)] = entity

    def _key(self, name: str) -> str:
        return self.aliases.id_of(name) or name

    def _touch(self, entity: Entity, at: int) -> None:
        """Note where somebody was spoken of; only the last `MEMORY` can be meant by a pronoun or an office, which keeps long texts linear."""
        entity.last = max(entity.last, at)
        self.recent.pop(id(entity), None)
        self.recent[id(entity)] = entity
        if len(self.recent) > MEMORY:
            del self.recent[next(iter(self.recent))]

    def see(self, mention: Mention, at: int) -> None:
        """Note that somebody is spoken of."""
        entity, _ = self.resolve(mention, at, None)
        del entity

    def resolve(self, mention: Mention, at: int, speaker: Entity | None) -> tuple[Entity | None, float]:
        """Return whom a mention means, and how sure that is; from now on they have been spoken of."""
        entity, confidence = self._meant(mention, at, speaker)
        if entity is not None:
            self._touch(entity, at)
            self.latest = entity if entity.person or speaker is not None else self.latest
        return entity, confidence

    def inside(self, mention: Mention | None, label: tuple[str, Span] | None, at: int) -> tuple[Entity | None, float]:
        """Return who is quoted inside a quote, where the words around the inner quotation say so."""
        if label is not None:
            entity = self._known(clean_name(label[0].split()))
            return entity, 0.6 if entity is not None else 0.0
        if mention is None or mention.head.lower_ in FIRST_OR_SECOND:
            return None, 0.0
        entity, confidence = self._meant(mention, at, None)
        return entity, round(0.8 * confidence, 2)

    def _meant(self, mention: Mention, at: int, speaker: Entity | None) -> tuple[Entity | None, float]:
        head = mention.head
        if head.tag_ in ("WP", "WDT") and head.head.dep_ == "relcl":
            antecedent = mention_of(head.head.head, mention.view)
            if antecedent is not None and antecedent.head.pos_ in ("NOUN", "PROPN"):
                return self._meant(antecedent, at, speaker)
        if head.pos_ == "PRON" or head.lower_ in HE | SHE | THEY or head.tag_ == "PRP$":
            return self._pronoun(mention, at, speaker)
        return self._named(mention) or self._described(mention, at)

    def _named(self, mention: Mention) -> tuple[Entity, float] | None:
        doc, head = mention.head.doc, mention.head
        if any(child.dep_ == "conj" for child in head.children):
            return None
        near = [head.i] if head.pos_ == "PROPN" else []
        near += [child.i for child in _appositions(head) if child.pos_ == "PROPN"]
        near += list(_beside(mention)) if head.pos_ == "NOUN" else []
        for at in near:
            run = next((run for run in _runs(doc) if run[0] <= at < run[1]), None)
            if run is None:
                continue
            name = clean_name(doc[run[0] : run[1]].text.split())
            entity = self.people.get(self.aliases.id_of(" ".join(name)))
            if entity is not None and at != head.i:
                entity.roles.add(head.lemma_.lower())
                entity.words.update(token.lower_ for token in doc[mention.start : mention.end])
                entity.role = entity.role or _role_text(mention.text)
            if entity is not None:
                longer = [e for e in self.by_word.get(name[-1].lower(), []) if e.name.endswith(" " + entity.name)]
                return (longer[0] if longer else entity), 0.95
            entity = self._known(name) if name and name[-1].lower() not in PLACES | NOT_PERSON else None
            if entity is not None and at == head.i:
                return entity, 0.9
        return None

    def _described(self, mention: Mention, at: int) -> tuple[Entity, float]:
        """Find whom a description means: the last one with that office, else a new somebody of that description."""
        head = mention.head
        words = [token.lower_ for token in head.doc[mention.start : mention.end]]
        lemma = head.lemma_.lower()
        definite = words[0] in ("the", "this", "that", "his", "her", "its", "their") or head.doc[mention.start].dep_ == "poss"
        content = {word for word in words if word not in ("the", "a", "an", "of", "for", "to", "in", lemma, head.lower_, "'s", "’s", "former", "senior")}
        plural = head.tag_ in ("NNS", "NNPS") or any(child.dep_ == "conj" for child in head.children)
        if lemma == "head" and content & {"state", "government"}:
            # "the head of state" is the president, "the head of government" the prime minister.
            lemma, content = ("president" if "state" in content else "premier"), content - {"state", "government"}
        if not plural and (head.pos_ == "NOUN" or lemma == "pm") and (definite or words[0] not in ("a", "an", "another", "one")):
            best = self._by_office(lemma, content, at)
            if best is not None:
                return best, 0.7
            topic = self._topic(lemma, definite, at) if not content or lemma in PERSON_NOUNS else None
            if topic is not None:
                return topic, 0.5
        author = _author_of(mention)
        if author is not None:
            return self._named(author) or self._described(author, at)
        name = re.sub(r"^(?:[Tt]he|[Aa]n?|[Ss]ome) ", "", mention.text)
        same = self.by_name.get(self._key(name))
        if same is None:
            subset = [e for e in self.others[-MEMORY:] if definite and content and content <= e.words and lemma in e.roles]
            same = subset[-1] if subset and not plural else None
        if same is None:
            person = lemma in PERSON_NOUNS or head.lower_ in PERSON_NOUNS
            proper = head.pos_ == "PROPN"
            single = proper and not plural and clean_name(name.split())[-1:] and name.split()[-1].lower() not in PLACES | NOT_PERSON | self.places
            title = proper and clean_name(name.split()) != name.split()
            person = person or bool(title and single) or bool(single and len(name.split()) == 1)
            if self.aliases.is_person(self._key(name)):
                # The tagger may not know the name; the table does.
                person, proper, plural = True, True, False
            same = self._entity(name, person=person, roles={lemma}, words=set(words), plural=plural, named=proper)
            self._learn_gender(same, words)
            self._enter(same)
        return same, 0.85 if not definite or lemma in BODY_NOUNS or head.pos_ == "PROPN" else 0.6

    def _topic(self, lemma: str, definite: bool, at: int) -> Entity | None:
        """Return whom "the Hungarian prime minister" or "the group" means where nobody was given that office: who was just spoken of."""
        latest = self.latest
        if definite and lemma in ISSUED:
            issuers = [entity for entity in self.recent.values() if entity.named and not entity.plural and 0 <= entity.last < at]
            return max(issuers, key=lambda entity: entity.last, default=None)
        if not definite or latest is None or not 0 <= latest.last < at:
            return None
        if lemma in PERSON_NOUNS:
            unknown = latest.person and latest.named and not latest.plural and not (latest.roles & PERSON_NOUNS)
            return latest if unknown else None
        if lemma in BODY_NOUNS and lemma not in ("ministry", "government", "military", "army", "police", "side", "sides", "court", "delegation"):
            bodies = [entity for entity in self.recent.values() if not entity.person and entity.named and 0 <= entity.last < at]
            return max(bodies, key=lambda entity: entity.last, default=None)
        return None

    def _likelier(self, best: Entity, pool: Sequence[Entity], word: str) -> Entity:
        """Prefer the one whose first name fits the pronoun, where two people were spoken of just now."""
        if word not in HE | SHE or _fits(best, word):
            return best
        near = [entity for entity in pool if _fits(entity, word) and best.last - entity.last < NEAR]
        return max(near, key=lambda entity: entity.last, default=best)

    def _by_office(self, lemma: str, content: set[str], at: int) -> Entity | None:
        wanted = {lemma, *SYNONYMS.get(lemma, "").split()}
        pool = [entity for entity in self.recent.values() if entity.person and not entity.plural and entity.roles & wanted and 0 <= entity.last < at]
        exact = [entity for entity in pool if lemma in entity.roles and not entity.named] or [entity for entity in pool if lemma in entity.roles]
        fitting = [entity for entity in pool if content and _shares(content, entity)]
        if content:
            unseen = [e for e in islice(self.people.values(), 500) if e.roles & wanted and _shares(content, e)]
            return max(fitting or unseen, key=lambda entity: entity.last, default=None)
        return max(exact or pool, key=lambda entity: entity.last, default=None) if not exact else max(pool, key=lambda e: (e.last, lemma in e.roles))

    def _pronoun(self, mention: Mention, at: int, speaker: Entity | None) -> tuple[Entity | None, float]:
        word = mention.head.lower_
        everyone = [entity for entity in self.recent.values() if 0 <= entity.last < at]
        if mention.head.tag_ in ("WP", "WDT") or word in ("who", "which", "that"):
            pool = everyone
        elif word in HE or word == "his":
            pool = [entity for entity in everyone if entity.person and not entity.plural and entity.gender != "f"]
        elif word in SHE:
            pool = [entity for entity in everyone if entity.person and not entity.plural and entity.gender != "m"]
        elif word in THEY or word == "their":
            pool = [entity for entity in everyone if entity.plural] or [entity for entity in everyone if not entity.person]
        elif word in ("it", "its"):
            pool = [entity for entity in everyone if not entity.person]
        else:
            return self._entity(mention.text, person=True, named=False), 0.3
        if not pool and word in HE | SHE:
            unwanted = "f" if word in HE else "m"
            pool = [entity for entity in islice(self.people.values(), 500) if entity.gender != unwanted and entity.first < at]
            return (max(pool, key=lambda entity: entity.first), 0.3) if pool else (None, 0.0)
        if not pool:
            return None, 0.0
        best = max(pool, key=lambda entity: entity.last)
        if speaker in pool and speaker is not None and not speaker.plural and word in HE | SHE and best.last <= speaker.last:
            best = speaker
        best = self._likelier(best, pool, word)
        if word in HE and best.gender is None:
            best.gender = "m"
        elif word in SHE and best.gender is None:
            best.gender = "f"
        rivals = sum(entity is not best and best.last - entity.last < 300 for entity in pool)
        return best, 0.75 if rivals == 0 else 0.6


def _fits(entity: Entity, word: str) -> bool:
    return (entity.gender or "")[:1] == "f" if word in SHE else entity.gender != "f?"


def _beside(mention: Mention) -> Iterator[int]:
    """Yield where a name stands next to a description: "the bishop, Tobias Landa, said", "Tobias Landa, the bishop, said"."""
    doc = mention.head.doc
    if mention.end + 2 < len(doc) and doc[mention.end].text == "," and (_is_name(doc[mention.end + 1]) or doc[mention.end + 1].text[:1].isupper()):
        stop = next((i for i in range(mention.end + 1, min(mention.end + 8, len(doc))) if doc[i].text in (",", ".")), None)
        if stop is not None and all(
            any(char.isupper() for char in doc[i].text) or doc[i].lower_ in PARTICLES or not doc[i - 1].whitespace_ for i in range(mention.end + 1, stop)
        ):
            yield stop - 1
    if mention.start >= 2 and doc[mention.start - 1].text == "," and _is_name(doc[mention.start - 2]):
        yield mention.start - 2


def _shares(content: set[str], entity: Entity) -> bool:
    """Tell whether a description and a person share a telling word; "Russian" is shared with "Russia" and "Russia's"."""
    theirs = {word[:5] for word in entity.words if len(word) > 1}
    return any(word[:5] in theirs for word in content if len(word) > 1)


def _author_of(mention: Mention) -> Mention | None:
    """Return who stands behind a text that "says" something: "a statement from the Foreign Ministry"."""
    if mention.head.lemma_.lower() not in TEXT_NOUNS:
        return None
    for child in mention.head.children:
        if child.dep_ == "prep" and child.lower_ in ("from", "by"):
            author = next((c for c in child.children if c.dep_ == "pobj"), None)
            return mention_of(author, mention.view)
        if child.dep_ == "poss" and child.pos_ in ("NOUN", "PROPN"):
            return mention_of(child, mention.view)
    return None


def _behind_words(doc: "Doc", start: int, n_words: int) -> int:
    """Return the token behind the first ``n_words`` words from ``start``; a word may have several tokens ("vice-president")."""
    at = start
    while n_words > 0 and at < len(doc):
        n_words -= bool(doc[at].whitespace_)
        at += 1
    return at


def _role_text(words: str) -> str | None:
    text = re.sub(r"^(?:the|a|an) ", "", words.strip(" ,;:-–—"), flags=re.I)
    return text[:120] if text and text.lower().strip(".") not in COURTESY else None


def _appositions(head: "Token") -> Iterator["Token"]:
    for child in head.children:
        if child.dep_ == "appos" and child.pos_ in ("NOUN", "PROPN"):
            yield child


def _gender_of(first: str) -> str | None:
    name = first.lower()
    if name in FEMALE_NAMES:
        return "f"
    if name in MALE_NAMES:
        return "m"
    return "f?" if name.endswith("a") and len(name) > 3 else None


def _runs(doc: "Doc") -> Iterator[tuple[int, int]]:
    """Yield the stretches of proper nouns, with the particles inside them."""
    at, n = 0, len(doc)
    while at < n:
        if not _is_name(doc[at]):
            at += 1
            continue
        end = at + 1
        while end < n:
            if _is_name(doc[end]) or (doc[end].lower_ in PARTICLES and end + 1 < n and (_is_name(doc[end + 1]) or doc[end + 1].text == "-")):
                end += 1
            elif doc[end].text == "-" and end + 1 < n and not doc[end - 1].whitespace_ and not doc[end].whitespace_:
                # "Ok-byol", "el-Tahwi": the halves are one name, whatever the tagger says.
                end += 2
            else:
                break
        yield at, end
        at = end


def _is_name(token: "Token") -> bool:
    return token.pos_ == "PROPN" and token.text[:1].isupper()

"""Word lists about negotiations, and the terms that a quote's wording gives by them.

The lists are the project's own: written from the codebook's definitions and the wording of its
invented reports, completed with synonyms from general knowledge of English; nothing is taken from
a published lexicon or from the news that models are measured on. Phrases are divided by commas and
matched on whole words in lower case; ``*`` stands for any letters.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

# What is talked about: first the target and what lies near it, then what quotes off the topic
# speak of.
THINGS = {
    "talk": """
        talk, talks, talking, negotiat*, renegotiat*, dialogue*, mediat*, summit*, consultation*, diplomacy, diplomatic*, meeting*, meet, discussion*,
        conference*, conversation*, envoy*, delegation*, delegate*, intermediar*, negotiating table, the table, channel, channels, round, rounds,
        peace process, peace effort*, peace mission, good offices, sit down, sitting down, face to face, direct contact*, peacemak*
    """,
    "deal": """
        deal, deals, agreement*, accord, accords, proposal*, plan, plans, draft*, framework*, memorandum*, initiative*, offer, offers, compromis*,
        settlement*, treaty, treaties, roadmap*, road map, blueprint, formula, document, documents, pact, understanding, concession*, protocol*,
        terms, text, paper, bridging, swap
    """,
    "peace": "peace, peaceful, peacefully, reconciliation, resolution, resolve, solution",
    "truce": "ceasefire*, cease-fire*, truce*, armistice*, lull, de-escalat*, pause, hostilities",
    "fight": """
        war, wars, warfare, fight*, attack*, strike, strikes, struck, offensive*, missile*, drone*, rocket*, shell*, troop*, army, armies, weapon*,
        arms, ammunition, front, frontline, bomb*, soldier*, militar*, battalion*, brigade*, casualt*, killed, wounded, dead, artillery, air defence,
        air defense, tank*, invasion*, invad*, assault*, raid*, combat, battle*, territor*, occup*
    """,
    "harm": """
        civilian*, hospital*, school*, displaced, refugee*, humanitarian, aid, hunger, food, water, medicine*, evacuat*, victim*, famil*, suffering,
        crime*, genocide, terror*
    """,
    "money": """
        sanction*, trade, econom*, market*, price*, budget*, export*, import*, oil, gas, energy, bank*, tariff*, invest*, fund*, billion, million,
        percent, cent, assets
    """,
    "rule": """
        parliament, election*, vote*, voters, law, laws, court*, minister*, party, parties, coalition, opposition, government*, reform*,
        constitution*, democra*, referendum
    """,
    "ally": "nato, alliance*, allies, ally, partner*, membership, bloc, eu, union, europe*, western, west, security guarantee*",
    "captive": "hostage*, prisoner*, captive*, detainee*, bodies, release*",
    "atom": "enrich*, uranium, nuclear, inspect*, centrifuge*, stockpile*, warhead*",
    "past": "history, historic*, decade*, century, ago, yesterday, years, anniversary, past, previously, earlier",
}
# How it is talked about: the frames that carry a stance.
FRAMES = {
    "refuse": """
        refus*, reject*, declin*, dismiss*, oppos*, object*, denounc*, condemn*, abandon*, boycott*, cancel*, withdraw*, suspend*, halt*, veto*,
        rebuff*, spurn*, rule out, rules out, ruled out, ruling out, turned down, turn down, walk away, walk out, out of the question, off the table,
        nothing to discuss, nothing to talk about, nothing to negotiate, nobody to talk, no one to talk, no one to negotiate, nobody to negotiate, no
        longer relevant, not our path, no place for, no room for, no basis for, capitulat*, surrender*, betray*, treason, red line*, never again,
        impossible, unacceptable, intolerable
    """,
    "doubt": """
        doubt*, skeptic*, sceptic*, unlikely, illusion*, illusory, dead end, dead-end, empty, hollow, waste of time, no progress, nowhere, futil*,
        useless, pointless, fail*, collaps*, distrust*, mistrust*, trust, trusts, naive, naivet*, appeas*, unrealis*, meaningless, worthless, no use,
        no sense, little hope, no hope, no chance, little chance, slim, credib*, believ*, no point, little point, lip service
    """,
    "sham": """
        sham, show, spectacle, theatre, theater, theatrical, farce, charade, pretext*, ploy*, trick*, smokescreen*, smoke screen, facade, cover, buy
        time, buying time, play for time, plays for time, playing for time, gain time, gaining time, win time, stall*, drag*, bad faith, not serious,
        insincer*, no intention, not interested, no interest, no desire, imitat*, simulat*, cynic*, manipulat*, delay*, tactic*, ultimatum*, pretend*,
        pretence, pretense, performance, gesture*, public relations, optics, propaganda, cosmetic, deceiv*, decept*, lie, lies, lying, sabotag*,
        undermin*, obstruct*, torpedo*, derail*, evad*, evasi*, excuse*, hypocri*
    """,
    "earnest": """
        good faith, sincer*, serious, seriously, seriousness, genuine*, honest*, real, meaningful, lasting, durable, comprehensive, fair, just,
        dignified
    """,
    "ready": """
        ready, readiness, willing*, prepared, preparedness, open, openness, commit*, welcom*, look forward, looks forward, favour*, favor*, support*,
        back, backs, backed, backing, agree, agrees, agreed, accept*, consent*, offer, offers, offered, offering, host, hosts, hosted, hosting,
        facilitat*, invit*, join, joins, take part, taking part, participat*, attend*, send, sends, sending, sent, travel*, interested, eager, keen,
        available, endorse*, embrac*, respond positively, positive response
    """,
    "urge": """
        urg*, call for, calls for, called for, calling for, call on, calls on, called on, call to, appeal*, need, needs, needed, necessary, necessity,
        should, time to, it is time, encourag*, demand*, press, insist*, no alternative, only way, only path, only through, best way, no other way, no
        military solution, essential, vital, crucial, important, importance, imperative, resum*, restart*, return to, continu*, reviv*, renew*,
        accelerat*, propos*, suggest*, recommend*
    """,
    "hope": """
        hope, hopes, hoped, hoping, hopeful*, optimis*, confiden*, progress, constructive*, productive*, useful*, fruitful*, positive*, breakthrough*,
        closer, close, gaps, narrow*, step forward, first step, substantive, success*, momentum, frank, promising, opportunit*, chance*, possible,
        possibility, convergence, bridg*, common ground, atmosphere, satisf*, pleased, glad, achiev*, window
    """,
    "hard": """
        difficult*, hard, deadlock*, stalemate, differences, far apart, sticking point*, obstacle*, complicated, complex, gap, stalled, impasse,
        unresolved, open question*, disagree*, remain, remains, remaining, slow, long, sensitive, preliminary
    """,
    "if": "if, unless, provided, providing, as long as, so long as, on condition, on the condition, as soon as, once, otherwise, in case, insofar",
    "until": "until, till, before, first, not before, only when, only after, only once, then, after, deadline*, by the end",
    "price": """
        condition*, precondition*, prerequisite*, in return, in exchange, guarantee*, based on, basis of, on the basis, subject to, nothing less,
        without, depend*, require*, contingent, hinge*, in writing, verif*, demands, must
    """,
    "only": "only, solely, exclusively, merely, just",
    "want": """
        want, wants, wanted, wanting, intend*, intention*, interest*, desire*, aim, aims, goal*, seek*, sought, try, tries, trying, wish*, will,
        reluctan*, unwilling*, determin*
    """,
    "when": """
        venue, date, dates, place, schedul*, agenda, participant*, monday, tuesday, wednesday, thursday, friday, saturday, sunday, week, weeks, month,
        next, will be held, take place, takes place, took place, begin*, began, start, starts, started, arriv*, format, level, not been decided,
        decided, confirm*, held, composed, headed, led, lasted, hours, details, technical, working group*, exchang*
    """,
    "relay": "according, report*, source*, understood, quoted, unnamed, media, newspaper, agency, agencies",
    "blame": """
        accus*, blam*, fault, responsib*, guilty, provok*, provocat*, violat*, breach*, broke, broken, escalat*, aggress*, threat*, blackmail*,
        coerc*, impos*, maximalist, unreasonable, irrational, excessive, new conditions, new demands, shifting
    """,
    "press": """
        pressur*, leverage, strength, force*, victory, win, defeat*, resist*, defend*, sovereign*, independen*, integrity, rights, dignity, principle*
    """,
    "stop": "immediate, immediately, unconditional*, stop*, end, ending, ends",
    "maybe": "may, might, could, perhaps, possibly, probably, likely, appear*, seem*, apparently, would",
    "but": "but, however, although, though, despite, nevertheless, nonetheless, yet, still, while, whereas, instead, rather",
}
# What a reporting verb does.
CUES = {
    "refuse": "reject*, refus*, rul*, declin*, dismiss*, den*, oppos*, object*, vow*, turn*, rebuff*, spurn*, boycott*, cancel*, walk*, suspend*",
    "blame": "condemn*, denounc*, criti*, slam*, blast*, accus*, blam*, lash*, decr*, deplor*, complain*, reproach*, mock*, ridicul*, scoff*",
    "doubt": "doubt*, question*, sceptic*, skeptic*, suspect*, caution*, warn*, fear*, concern*",
    "welcome": "welcom*, prais*, hail*, support*, back*, endors*, applaud*, commend*, approv*, thank*, favour*, favor*",
    "urge": "urg*, call*, appeal*, ask*, demand*, encourag*, press*, push*, request*, plead*, advocat*, recommend*",
    "offer": """
        offer*, propos*, suggest*, agree*, accept*, pledg*, promis*, commit*, undert*, announc*, invit*, express*, reaffirm*, volunteer*, signal*,
        ready
    """,
    "insist": "insist*, maintain*, stress*, emphasi*, underlin*, underscor*, reiterat*, repeat*, argu*, contend*, assert*, claim*",
    "relay": "according, report*, cit*, quot*, understand*, told, learn*, recall*, mention*, refer*, relay*, describ*",
    "plain": """
        said, say*, add*, tell*, not*, stat*, explain*, continu*, conclud*, wrot*, writ*, remark*, observ*, post*, acknowledg*, conced*, admit*,
        confirm*, point*, believ*, think*
    """,
}
# Who speaks, by the words of the role: kinds, never names. A list holds no word that is a name of
# somebody or some place.
SPEAKERS = {
    "head": "president*, prime minister*, premier, chancellor, king, leader, leaders, chief executive, head of state, head of government, pope, supreme leader",
    "minister": "minister*, ministry, foreign office, state department, cabinet, secretary of state, secretary",
    "spoken": "spokes*, press service, press secretary, statement",
    "diplomat": "diplomat*, ambassador*, envoy*, negotiator*, delegat*, consul*, representative*, chief negotiator, lead negotiator",
    "mediator": "mediat*, facilitat*, un, united nations, osce, secretary-general, special envoy, observer*, monitor*, mission",
    "law": "lawmaker*, senator*, deputy speaker, parliament*, legislator*, congress*, mp, member of parliament, faction, assembly, speaker",
    "party": "opposition, party, politician*, coalition, candidate*, mayor, governor*, council*, regional, local",
    "arms": "commander*, army, military, soldier*, officer*, colonel, general, defence, defense, air force, navy, staff, chief of staff",
    "rebel": "rebel*, militia*, armed group, armed movement, insurgent*, separatist*, fighter*, front, movement, faction",
    "expert": """
        analyst*, expert*, researcher*, historian*, professor*, scholar*, institute*, think tank, academic*, lecturer*, economist*, commentator*,
        scientist*, fellow, university, centre, center, author, observer
    """,
    "press": "newspaper*, agency, journalist*, editor*, correspondent*, report*, media, broadcaster*, channel, press",
    "unnamed": "source*, unnamed, anonymous, official, officials, person, people, familiar, condition of anonymity, insider*, aide, aides",
    "relief": "aid, humanitarian, ngo, charity, relief, red cross, worker*, organisation*, organization*, doctor*, nurse*",
    "people": """
        resident*, relative*, mother*, father*, brother, sister, son, daughter, widow*, famil*, hostage*, witness*, teacher*, pensioner*, citizen*,
        activist*, protest*, veteran*, farmer*, volunteer*, refugee*, association, priest*, bishop*, church, imam, student*
    """,
    "money": "company, business*, trade, bank*, market*, investor*, industry, union, executive, finance, chamber",
    "police": "intelligence, security, police, court, lawyer*, judge, prosecutor*, justice",
    "past": "former, retired, ex, late, veteran",
    "rank": "senior, deputy, chief, head, chairman, chairwoman, chair, director, adviser*, advisor*, coordinator*, member, members",
}
TARGETS = ("talk", "deal", "peace", "truce")
NEGATORS = frozenset(
    "not no never nothing nobody none neither nor cannot without hardly scarcely barely little lack lacks".split()
)
PERSONS = {
    "we": frozenset("we our us ours i my me".split()),
    "they": frozenset("they their them he his him she her it its".split()),
}
FUNCTION_WORDS = frozenset(
    "the a an of to in on at by with from as and or that this these those is are was were be been being has have had do does did there".split()
)
NEAR = 6  # words between a frame and what it speaks of
NEGATION_REACH = 4
GROUPS = {"thing": THINGS, "frame": FRAMES, "cue": CUES, "speaker": SPEAKERS}
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*(?:'[^\W\d_]+)?|\d+(?:[.,]\d+)*|[?!,;:\"]")
_PLAIN_MARKS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"'})


@lru_cache(maxsize=len(GROUPS))
def patterns(group: str) -> dict[str, re.Pattern[str]]:
    """Return the lists of one group as patterns over words joined by single blanks.

    Name -> pattern.
    """
    return {name: _pattern(listed) for name, listed in GROUPS[group].items()}


def _pattern(listed: str) -> re.Pattern[str]:
    phrases = sorted(
        {" ".join(one.split()) for one in listed.split(",")}, key=lambda one: (-len(one), one)
    )
    return re.compile(
        r"(?<!\S)(?:"
        + "|".join(re.escape(one).replace(r"\*", r"\S*") for one in phrases)
        + r")(?!\S)"
    )


def words_of(text: str) -> list[str]:
    """Return the words, numbers and marks of a text as they are written.

    A possessive ``'s`` falls off.
    """
    return [word.removesuffix("'s") for word in _WORD.findall(text.translate(_PLAIN_MARKS))]


def find_lists(words: Sequence[str], group: str) -> dict[str, list[int]]:
    """Return where each list of a group is met.

    Name -> positions of the first word of each match.
    """
    joined = " ".join(words)
    starts: dict[int, int] = {}
    at = 0
    for number, word in enumerate(words):
        starts[at] = number
        at += len(word) + 1
    found = {
        name: [starts[one.start()] for one in pattern.finditer(joined)]
        for name, pattern in patterns(group).items()
    }
    return {name: places for name, places in found.items() if places}


def is_negated(words: Sequence[str], place: int) -> bool:
    """Tell whether a negator stands within a few words before, with no mark between."""
    for word in reversed(words[max(0, place - NEGATION_REACH) : place]):
        if not word[0].isalnum():
            return False
        if word in NEGATORS or word.endswith("n't"):
            return True
    return False


def frame_terms(row: Mapping[str, Any]) -> list[str]:
    """Return what a quote speaks of and how, as terms.

    Parameters
    ----------
    row
        Has ``text``; ``cue`` and ``context`` where known.

    Returns
    -------
    list of str
        ``talk`` (a thing), ``ready`` or ``not:ready`` (a frame), ``ready~talk`` (a frame near a
        thing of the target), ``we~ready`` (a person near a frame), ``cue:urge`` and
        ``cue:urge+talk`` (what the reporting verb does, and to what), ``on``/``off`` (is the
        target named at all?), ``before:talk`` (what the context speaks of), and the length.
    """
    words = [word.lower() for word in words_of(str(row["text"]))]
    things, frames = find_lists(words, "thing"), find_lists(words, "frame")
    terms = [*things]
    aims = {name: places for name, places in things.items() if name in TARGETS}
    for name, places in frames.items():
        for place in places:
            signed = f"not:{name}" if is_negated(words, place) else name
            terms.append(signed)
            terms.extend(
                f"{signed}~{aim}"
                for aim, at in aims.items()
                if any(abs(place - one) <= NEAR for one in at)
            )
            nearby = words[max(0, place - NEAR) : place]
            terms.extend(
                f"{person}~{signed}"
                for person, listed in PERSONS.items()
                if not listed.isdisjoint(nearby)
            )
    terms.extend(
        f"not:{aim}"
        for aim, places in aims.items()
        if any(is_negated(words, place) for place in places)
    )
    terms.extend(person for person, listed in PERSONS.items() if not listed.isdisjoint(words))
    named = "on" if {"talk", "deal"} & set(aims) else "near" if aims else "off"
    acts = cue_acts(row.get("cue"))
    terms.extend([named, *(f"{named}+{one}" for one in frames)])
    terms.extend(
        f"cue:{act}{rest}"
        for act in acts
        for rest in ("", f"+{named}", *(f"+{one}" for one in frames))
    )
    before = [word.lower() for word in words_of(str(row.get("context") or ""))]
    terms.extend(
        f"before:{name}" for name in (*find_lists(before, "thing"), *find_lists(before, "frame"))
    )
    terms.append(f"length:{min(len(words) // 8, 6)}")
    return terms


def cue_acts(cue: object) -> list[str]:
    """Return what the reporting verbs of a cue do.

    ``none`` where there is no cue, ``other`` where no list knows it.
    """
    words = [word.lower() for word in words_of(str(cue or ""))]
    return list(find_lists(words, "cue")) or ["other" if words else "none"]


def speaker_terms(row: Mapping[str, Any]) -> list[str]:
    """Return what kind of speaker a quote has.

    Alone and with what the quote is about and what its reporting verb does.

    Parameters
    ----------
    row
        Has ``text``; ``speaker_role`` and ``speaker`` where known. Only the words of `SPEAKERS`
        count (*president*, *analyst*, *source*), and of the speaker only those in lower case (*a
        lawmaker*): whose name it is changes nothing, for a model must not learn that somebody is
        always against.
    """
    described = [word for word in words_of(str(row.get("speaker") or "")) if word[0].islower()]
    kinds = list(
        find_lists(
            [*words_of(str(row.get("speaker_role") or "").lower()), ";", *described], "speaker"
        )
    ) or ["unknown"]
    things = find_lists([word.lower() for word in words_of(str(row["text"]))], "thing")
    named = "on" if {"talk", "deal"} & set(things) else "off"
    acts = cue_acts(row.get("cue"))
    return [
        term
        for kind in kinds
        for term in (kind, f"{kind}+{named}", *(f"{kind}+cue:{act}" for act in acts))
    ]


def masked_terms(row: Mapping[str, Any]) -> list[str]:
    """Return n-grams (1 to 3) of the cue and the quote with the particular taken out.

    Names become ``NAME``, numbers ``NUM``, words of what is talked about the name of their list in
    capitals, so that what is learned about one conflict, place or word holds for another.
    Articles, prepositions and forms of *be* are left out. A name is told by its capital, so one
    that begins the quote stays as it is.
    """
    text = [*_masked(str(row.get("cue") or "")), "::", *_masked(str(row["text"]))]
    triples = zip(text, text[1:], text[2:], strict=False)
    return [
        *text,
        *(" ".join(pair) for pair in pairwise(text)),
        *(" ".join(three) for three in triples),
    ]


def _masked(text: str) -> list[str]:
    written = words_of(text)
    words = [word.lower() for word in written]
    classes = {
        place: name.upper()
        for name, places in reversed(find_lists(words, "thing").items())
        for place in places
    }
    return list(_collapsed(written, words, classes))


def _collapsed(
    written: Sequence[str], words: Sequence[str], classes: Mapping[int, str]
) -> Iterator[str]:
    last = ""
    for number, (raw, word) in enumerate(zip(written, words, strict=True)):
        if word in FUNCTION_WORDS or raw == '"':
            continue
        if number in classes:
            mask = classes[number]
        elif raw[0].isdigit():
            mask = "NUM"
        elif raw[0].isupper() and number and raw != "I":
            mask = "NAME"
        else:
            mask = word
        if mask != last:  # a run of names is one name
            yield mask
        last = mask if mask.isupper() else ""

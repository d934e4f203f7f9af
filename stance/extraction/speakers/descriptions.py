"""Whom a description may mean: "the ministry", "the Hungarian prime minister", "the minister"."""

import re
from collections.abc import Sequence

from stance.extraction.quotes.sources import SourceMention, mention_of
from stance.extraction.speakers.entities import Entity, EntityIndex, learn_gender
from stance.extraction.speakers.memory import Memory, last_of
from stance.extraction.speakers.named_mentions import by_name
from stance.extraction.speakers.names import author_of, clean_name
from stance.extraction.speakers.offices import contradicts, has_office, may_be_called
from stance.extraction.speakers.pronouns import AROUND, LATELY, last_two
from stance.extraction.text.nations import nations_in
from stance.extraction.text.word_lists import (
    BODY_NOUNS,
    COMPANY_WORDS,
    HONOURS,
    ISSUED,
    NOT_PERSON,
    PERSON_NOUNS,
    PLACES,
    is_people_word,
)

DEFINITE = frozenset("the this that his her its their".split())
NO_CONTENT = frozenset("the a an of for to in 's ’s former senior".split())
# "the brigade there" is the brigade, "the judge himself" the judge.
BESIDE = re.compile(r" (?:there|here|himself|herself|itself|themselves)$")
LEADING = re.compile(r"^(?:[Tt]he|[Aa]n?|[Ss]ome) ")
AGE = re.compile(r"^[\w-]+-years?-old ")
# An article may speak of several of these at once: "the court" need not be the last body named.
UNSURE_BODIES = frozenset("ministry government military army police side court delegation".split())


def by_description(
    mention: SourceMention, at: int, speaker: Entity | None, memory: Memory
) -> tuple[Entity, float]:
    """Find whom a description means: the last one of that office, else somebody new."""
    head = mention.head
    words = [token.lower_ for token in head.doc[mention.start : mention.end]]
    if words[0] == "the" and words[1:] in (["former"], ["latter"]):
        memory.two = (
            memory.two if words[1] == "latter" and memory.two else last_two(memory.index, at)
        )
        two = memory.pair or memory.two
        if len(two) == 2:
            return two[words[1] == "latter"], 0.7
    lemma = head.lemma_.lower()
    honoured = _honoured(lemma, words[0], memory.before(at))
    if honoured is not None:
        return honoured, 0.7
    definite = is_definite(mention)
    content = set(words) - NO_CONTENT - {lemma, head.lower_}
    plural = head.tag_ in ("NNS", "NNPS") or any(c.dep_ == "conj" for c in head.children)
    if lemma == "head" and content & {"state", "government"}:
        # "the head of state" is the president, "the head of government" the prime minister.
        lemma = "president" if "state" in content else "premier"
        content -= {"state", "government"}
    one_of_many = not definite and words[0] in ("a", "an", "another", "one")
    is_common = head.pos_ == "NOUN" or head.is_lower or lemma in ("pm", "mp")
    if not plural and not one_of_many and is_common:
        answer = _known_by_description(mention, lemma, content, at, speaker, memory)
        if answer is not None:
            return answer
    author = author_of(mention)
    if author is not None:
        answer = by_name(author, memory.index) or by_description(author, at, None, memory)
        memory.authors[lemma] = answer[0]
        return answer
    member = one_of_group(mention, memory.before(at))
    if member is not None:
        person = memory.index.new_entity(member, person=True, roles={member}, named=False)
        memory.index.add_other(person)
        return person, 0.6
    name = LEADING.sub("", BESIDE.sub("", mention.text))
    if head.pos_ == "PROPN":
        # "Twenty-year-old Mirel" is Mirel.
        name = AGE.sub("", name)
    name = _with_owner(mention, name, memory.index)
    entity = memory.index.other(name)
    if entity is None and definite and content and not plural:
        entity = described_before(memory.index, lemma, content)
    if entity is None:
        entity = new_other(memory.index, mention, name, lemma, words, plural=plural)
    is_sure = not definite or lemma in BODY_NOUNS or head.pos_ == "PROPN"
    return entity, 0.85 if is_sure else 0.6


def _honoured(lemma: str, first: str, before: Sequence[Entity]) -> Entity | None:
    """Return whom "His Excellency" or "Her Majesty" means: the one last spoken of."""
    if lemma not in HONOURS or first not in ("his", "her"):
        return None
    other = "f" if first == "his" else "m"
    return last_of(e for e in before if e.person and e.named and e.gender != other)


def _with_owner(mention: SourceMention, name: str, index: EntityIndex) -> str:
    """Name the owner of "its foreign ministry": "Lorn's foreign ministry".

    "Its" is a country's or a body's that is the subject of the sentence so far, or else of the
    sentence before; the words stay where there is none by name.
    """
    doc, sentence = mention.head.doc, mention.head.sent
    if doc[mention.start].lower_ != "its":
        return name
    spans = [doc[sentence.start : mention.start]]
    if sentence.start > 0:
        spans.append(doc[sentence.start - 1].sent)
    subjects = (t for span in spans for t in span if t.dep_ in ("nsubj", "nsubjpass"))
    owner = mention_of(next(subjects, None), mention.view)
    if owner is None or owner.head.tag_ != "NNP" or by_name(owner, index) is not None:
        return name
    return f"{LEADING.sub('', owner.text)}'s{name[len('its') :]}"


def _known_by_description(
    mention: SourceMention,
    lemma: str,
    content: set[str],
    at: int,
    speaker: Entity | None,
    memory: Memory,
) -> tuple[Entity, float] | None:
    """Return who of those met before holds an office, is such a body or was spoken of."""
    first, definite = mention.head.doc[mention.start], is_definite(mention)
    issuer = memory.authors.get(lemma)
    if definite and not content and issuer is not None:
        return issuer, 0.6
    before = memory.before(at)
    holder = office_holder(memory.index, lemma, content, before, at)
    if holder is not None:
        return holder, 0.7
    body = body_of(memory.index, lemma, content, at) if first.lower_ == "the" else None
    if body is not None:
        return body, 0.8
    later = holder_named_later(memory.index, lemma, content, at)
    if later is not None and nations_in(content) & nations_in(later.words):
        return later, 0.7
    if definite and may_be_topic(mention, speaker, memory.latest, content):
        topic = topic_of(lemma, content, speaker, memory, at)
        if topic is not None:
            return topic, 0.5
    return (later, 0.7) if later is not None else None


def new_other(
    index: EntityIndex,
    mention: SourceMention,
    name: str,
    lemma: str,
    words: Sequence[str],
    *,
    plural: bool,
) -> Entity:
    """Enter somebody whom the article has not named before."""
    person = is_people_word(lemma) or mention.head.lower_ in PERSON_NOUNS
    proper = mention.head.pos_ == "PROPN"
    cleaned = clean_name(name.split())
    nobody = PLACES | NOT_PERSON | index.places
    single = proper and not plural and cleaned[-1:] and name.split()[-1].lower() not in nobody
    has_title = proper and cleaned != name.split() and mention.head.lower_ not in nobody
    # "Venn" is a person, "the Chamber" is none.
    alone = len(name.split()) == 1 and words[0] != "the"
    person = person or bool(single and (has_title or alone))
    if index.aliases.is_person(index.key(name)):
        # The tagger may not know the name; the table does.
        person, proper, plural = True, True, False
    entity = index.new_entity(
        name, person=person, roles={lemma}, words=set(words), plural=plural, named=proper
    )
    learn_gender(entity, words)
    index.add_other(entity)
    return entity


def is_definite(mention: SourceMention) -> bool:
    """Tell "the minister", "its minister" and "Lorn's minister" from "a minister"."""
    first = mention.head.doc[mention.start]
    return first.lower_ in DEFINITE or first.dep_ == "poss"


def may_be_topic(
    mention: SourceMention, speaker: Entity | None, latest: Entity | None, content: set[str]
) -> bool:
    """Tell whether a description may mean whoever was just spoken of.

    "The minister of transport" tells enough to be somebody new, unless the last speaker goes on
    to speak; "the minister of a member state" and "they heard the minister of transport" always
    do.
    """
    if not content:
        return True
    owners = (child for child in mention.head.children if child.dep_ == "poss")
    if any(is_people_word(owner.lemma_.lower()) for owner in owners):
        # "the bishop's secretary" is told by the bishop.
        return False
    if mention.head.lemma_.lower() not in PERSON_NOUNS:
        return False
    words = {token.lower_ for token in mention.head.doc[mention.head.i + 1 : mention.end]}
    if "of" not in words:
        return True
    is_certain = not {"a", "an", "another", "one"} & words
    return is_certain and mention.head.dep_ == "nsubj" and speaker is latest is not None


def topic_of(
    lemma: str, content: set[str], speaker: Entity | None, memory: Memory, at: int
) -> Entity | None:
    """Return who was just spoken of, for an office that nobody was given.

    "the Hungarian prime minister", "the group". Where the one spoken of last is known for
    something else, it is whoever spoke last: no article describes somebody new with "the".

    Parameters
    ----------
    lemma
        The head noun of the description.
    content
        The telling words beside it.
    speaker
        Whose quote was the last one.
    memory
        Who has been spoken of.
    at
        Where the description stands.
    """
    latest, before = memory.latest, memory.before(at)
    if lemma in ISSUED:
        return last_of(e for e in before if e.named and not e.plural)
    if latest is None or not 0 <= latest.last < at:
        return None
    if lemma in PERSON_NOUNS:
        near = speaker is not None and at - speaker.last < AROUND
        candidates = [latest, speaker] if content and near else [latest]
        return next((e for e in candidates if may_be_called(e, lemma, content)), None)
    if lemma in BODY_NOUNS and lemma not in UNSURE_BODIES:
        return last_of(e for e in before if not e.person and e.named)
    return None


def described_before(index: EntityIndex, lemma: str, content: set[str]) -> Entity | None:
    """Return whom the article described before with these words and more."""
    fits = [
        entity
        for entity in index.others[-LATELY:]
        if content <= entity.words and lemma in entity.roles
    ]
    return fits[-1] if fits else None


def body_of(index: EntityIndex, lemma: str, content: set[str], at: int) -> Entity | None:
    """Return the last body of that kind: "the ministry" after the Foreign Ministry."""
    fits = []
    for entity in index.others[-LATELY:]:
        is_kind = lemma in entity.roles or (
            lemma in ("company", "firm") and entity.named and entity.words & COMPANY_WORDS
        )
        is_body = not entity.person and not entity.plural and 0 <= entity.last < at
        if is_kind and is_body and content <= entity.words:
            fits.append(entity)
    return last_of(fits)


def office_holder(
    index: EntityIndex, lemma: str, content: set[str], before: Sequence[Entity], at: int
) -> Entity | None:
    """Return the last person of an office, and of the words beside it if there are any."""
    pool = [e for e in before if e.person and not e.plural and _may_hold(e, lemma, content)]
    if content:
        fitting = [entity for entity in pool if _shares(content, entity)]
        met = (e for e in index.first_people() if 0 <= e.first < at and _is(e, lemma, content))
        return last_of(fitting or met)
    if pool:
        return max(pool, key=lambda entity: (entity.last, lemma in entity.roles))
    # Whom the narrator has only met as an object: "The minister met Judge Serr."
    if lemma in BODY_NOUNS - PERSON_NOUNS:
        return None
    named = [e for e in index.first_people() if lemma in e.roles and 0 <= e.first < at]
    return max(named, key=lambda entity: entity.first, default=None)


def holder_named_later(index: EntityIndex, lemma: str, content: set[str], at: int) -> Entity | None:
    """Return the person of an office and of the words beside it whom the text names further on."""
    later = (e for e in index.first_people() if not 0 <= e.first < at)
    return last_of(e for e in later if content and _is(e, lemma, content))


def _may_hold(entity: Entity, lemma: str, content: set[str]) -> bool:
    return has_office(entity, lemma) and not contradicts(entity, content)


def _is(entity: Entity, lemma: str, content: set[str]) -> bool:
    return _may_hold(entity, lemma, content) and _shares(content, entity)


def _shares(content: set[str], entity: Entity) -> bool:
    """Tell whether a description and a person share a telling word.

    "Russian" is shared with "Russia" and "Russia's".
    """
    theirs = {word[:5] for word in entity.words if len(word) > 1}
    return any(word[:5] in theirs for word in content if len(word) > 1)


# "one of them", "another", "a third", "the other"
ONE = frozenset("one another third fourth other second".split())


def one_of_group(mention: SourceMention, before: Sequence[Entity]) -> str | None:
    """Return what one of several people is: "diplomat" for "one of the diplomats", "another".

    None where nothing tells of which people.
    """
    head = mention.head
    if head.lower_ not in ONE or head.pos_ in ("PROPN", "VERB"):
        return None
    of = next((c for c in head.children if c.dep_ == "prep" and c.lower_ == "of"), None)
    group = next((c for c in of.children if c.dep_ == "pobj"), None) if of is not None else None
    if group is not None and group.tag_ == "NNS":
        lemma = group.lemma_.lower()
        return lemma if is_people_word(lemma) else None
    if group is not None and group.lower_ not in ("them", "these", "those"):
        return None
    people = last_of(
        e for e in before if not e.named and any(is_people_word(role) for role in e.roles)
    )
    if people is None or (group is not None and not people.plural):
        return None
    return next(role for role in sorted(people.roles) if is_people_word(role))

"""Words for people, bodies, texts, titles and places, which several stages know."""

import re

PERSON_NOUNS = frozenset(
    "official officials spokesman spokeswoman spokesperson spokespeople minister president "
    "chancellor premier governor mayor senator lawmaker lawmakers "
    "ambassador envoy diplomat diplomats negotiator negotiators adviser advisor aide aides "
    "analyst analysts expert experts economist professor "
    "researcher scientist lecturer fellow director head chief leader leaders chairman chairwoman "
    "chair commander general colonel officer soldier "
    "secretary deputy commissioner mediator mediators source sources member members critic "
    "critics supporter supporters witness witnesses resident "
    "residents lawyer lawyers attorney author editor reporter journalist columnist blogger "
    "historian farmer trader doctor teacher student mother "
    "father woman man people voters respondents candidate nominee politician politicians pope "
    "king prince strategist pollster activist owner "
    "executive manager worker judge prosecutor coach player friend neighbour neighbor colleague "
    "counterpart speaker representative delegate "
    "participant observer watcher watchers figures pastor priest bishop mp mps".split()
)
# Further trades, kin and parts that a person plays, which no grammar tells from things: "a gunner",
# "a letter".
TRADES = frozenset(
    "academic accountant actor actress administrator ally archaeologist architect artist assistant "
    "astronaut athlete attache attaché auctioneer auditor aunt baker banker barber barrister "
    "bartender biologist blacksmith boatman bodyguard bookseller boss boxer boy breeder brewer "
    "bricklayer broker brother builder bureaucrat butcher buyer caller camerawoman cameraman "
    "campaigner captain caretaker carpenter cashier chairperson chancellor-elect chaplain chef "
    "chemist chieftain child citizen civilian clergyman cleric clerk co-author co-chair "
    "co-facilitator co-founder collector columnist commentator commissar commodore composer "
    "conscript constable consul consultant contractor convener cook coordinator coroner "
    "correspondent counsel counsellor countess courier cousin craftsman customer dancer daughter "
    "dealer dean debtor defector defendant demonstrator dentist deserter designer detainee "
    "detective developer dissident docker donor driver drummer duke economist editor-in-chief "
    "elder electrician emir emissary employee employer engineer entrepreneur envoy evacuee "
    "exile exporter facilitator fellow ferryman fighter filmmaker financier firefighter fireman "
    "fisher fisherman foreman forester founder gardener girl goalkeeper grandfather grandmother "
    "grandson granddaughter grocer guard guest guide gunman gunner hairdresser headmaster "
    "headmistress herder hero historian host hostage hotelier housewife hunter husband imam "
    "importer informant inmate insider inspector instructor insurer interpreter investigator "
    "investor islander jeweller journalist junior juror keeper kinsman laborer labourer lady "
    "landlady landlord lawmaker librarian lieutenant linguist lobbyist locksmith magistrate maid "
    "marshal mason matron mechanic medic merchant messenger midwife migrant militant militiaman "
    "miner missionary moderator monarch monitor monk musician mullah naturalist navigator nephew "
    "newcomer niece novelist nun nurse operator optician organiser organizer orphan painter "
    "panellist paramedic parent passenger passer-by patient patriarch pensioner person "
    "pharmacist philosopher photographer physician pilgrim pilot planner plumber poet policeman "
    "policewoman porter postman potter preacher predecessor presenter princess prisoner "
    "producer programmer protester psychiatrist psychologist publisher rabbi rebel recruit "
    "referee refugee relative relief-worker rescuer researcher retiree rival runner sailor "
    "salesman saleswoman seaman seamstress senator-elect sergeant servant settler sheikh "
    "shepherd sheriff shipbroker shipowner shopkeeper shopper signatory singer sister "
    "skipper smuggler son specialist stevedore stranger strategist stylist subscriber successor "
    "superintendent surgeon survivor tailor tenant theologian therapist tourist translator "
    "traveller traveler treasurer trucker tutor uncle undersecretary underwriter user usher "
    "veteran veterinarian victim villager viewer visitor volunteer voter waiter waitress "
    "warden watchman weaver welder widow widower wife winegrower winemaker worker worshipper "
    "writer youth youngster".split()
)
PEOPLE_ENDINGS = (
    "-in-law",
    "woman",
    "keeper",
    "monger",
    "ologist",
    "-maker",
    "-worker",
    "-holder",
    "-owner",
)


def is_people_word(lemma: str) -> bool:
    """Tell a noun for a person: "mayor", "gunner", "son-in-law"."""
    return lemma in PERSON_NOUNS or lemma in TRADES or lemma.endswith(PEOPLE_ENDINGS)


# Offices that stand before a name without being titles: "Mediator Dora Venn".
OCCUPATIONS = frozenset(
    "mediator negotiator analyst economist professor anthropologist sociologist historian "
    "political scientist researcher lawyer journalist reporter editor author writer activist "
    "physician surgeon nurse engineer farmer fisherman teacher trader banker businessman "
    "businesswoman diplomat spokesperson lecturer fellow pastor priest rabbi commissar warlord "
    "councillor councilor councilman councilwoman alderman sheriff marshal brigadier lieutenant "
    "corporal private airman seaman detective inspector superintendent constable chairperson "
    "president-elect economists vice-chancellor rector provost dean chaplain elder "
    "chieftain".split()
)
# Words in the name of a company, which "the company" means later.
COMPANY_WORDS = frozenset(
    "ltd ltd. inc inc. corp corp. co co. plc llc gmbh ag sa nv shipping holdings industries motors "
    "airlines airways energy oil gas steel pharma group systems technologies logistics "
    "mining".split()
)
BODY_NOUNS = frozenset(
    "government ministry administration department agency office army military police force "
    "forces authority authorities parliament party council "
    "committee commission union company court bank embassy mission service campaign group "
    "organization organisation association foundation team "
    "delegation side sides capital state country newspaper paper magazine channel broadcaster "
    "television radio outlet press media network bloc "
    "alliance movement institute university center centre think-tank board command staff "
    "bureau registry house".split()
)
TEXT_NOUNS = frozenset(
    "report statement poll survey document documents letter study data figures article review "
    "note email transcript analysis release communique "
    "communiqué text map paper draft bill rule law order memo indictment complaint census "
    "sheet".split()
)

FEMALE_NOUNS = frozenset(
    "sister aunt niece grandmother girl lady heiress spokeswoman chairwoman congresswoman woman "
    "mother queen princess actress "
    "businesswoman daughter wife widow".split()
)
MALE_NOUNS = frozenset(
    "brother uncle nephew grandfather boy spokesman chairman congressman man father king prince "
    "businessman son husband pope "
    "pontiff bishop priest".split()
)
# Words that name the same office in other words.
SYNONYMS = {
    "leader": "president premier chancellor minister head king chairman pope",
    "diplomat": "minister ambassador envoy diplomat spokeswoman spokesman spokesperson consul "
    "chief representative",
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
# What "the statement" says, whoever was last spoken of by name has issued.
ISSUED = frozenset("statement communique communiqué post letter release".split())

# "His Excellency", "Her Majesty"
HONOURS = frozenset("excellency majesty highness holiness eminence lordship ladyship".split())
TITLES = HONOURS | frozenset(
    "mr mrs ms miss dr sir prof professor president vice-president senator sen rep reps gov "
    "governor minister ministers prime premier chancellor secretary "
    "foreign defence defense interior finance deputy vice chief general gen colonel col lt maj "
    "major captain capt admiral king queen prince princess "
    "ambassador envoy special representative spokesman spokeswoman spokesperson mayor judge "
    "justice director commander chairman chairwoman speaker "
    "opposition leader analyst lawmaker former ex ex-president congressman congresswoman attorney "
    "press adviser advisor columnist archbishop "
    "bishop cardinal reverend rev father sheikh ayatollah imam crown emir sultan state head "
    "commissioner coach officer sergeant lady lord dame "
    "democrat republican sens candidate nominee democratic gop rival mp mps pm".split()
)
# What ends the name of an institution or place, never that of a person.
NOT_PERSON = frozenset(
    "ministry department council union institute center centre street party times post news "
    "agency states nations house committee forces army bank "
    "university office government administration republic federation kingdom parliament congress "
    "senate court commission association group company "
    "corporation organization organisation fund endowment foundation journal herald tribune "
    "telegraph guardian radio television tv service services police "
    "staff force command front movement alliance league board bureau society network channel club "
    "school college hospital church kremlin city county "
    "region province district island islands sea gulf river east west north south day act treaty "
    "agreement accord plan summit conference war games "
    "accords treasury mission authority assembly cabinet workshop observatory forum "
    "democrats republicans liberals conservatives greens socialists "
    "partners capital securities asset management inc ltd corp co".split()
)
PLACES = frozenset(
    "ukraine russia moscow kyiv kiev washington london paris berlin brussels beijing china israel "
    "gaza iran tehran hamas turkey ankara istanbul europe "
    "germany france britain poland hungary america japan india pakistan syria damascus lebanon "
    "hezbollah egypt cairo qatar doha riyadh geneva "
    "armenia azerbaijan baku yerevan belarus minsk nato eu un u.n u.s us uk usa kremlin pentagon "
    "reuters afp tass ap cnn bbc monday tuesday wednesday "
    "thursday friday saturday sunday january february march april may june july august "
    "september october november december".split()
)
NOT_FIRST = frozenset(
    "south north east west new saint st port mount lake upper lower great greater united supreme "
    "national international european central "
    "southern northern eastern western fort cape los las san".split()
)
# Words that open a sentence inside quotation marks, where no tagger looks.
NO_NAME = frozenset(
    "because when if after before while since although though and but so yet or nor then now as "
    "at in on for from with without by to of that this these "
    "those the a an my our your his her its their we you he she it they who what why how where "
    "not no yes even only both unless until till once is are "
    "was were has have had do does did will would can could should may might must let ask "
    "tell dear thank thanks".split()
)
PARTICLES = frozenset("al el bin ibn de da di du der den van von la le abu ben ter dos".split())
NAME_IN_QUOTE = re.compile(r"\b[A-Z][\w-]+(?: (?:(?:al|bin|de|van|von) )?[A-Z][\w.-]*){1,3}")

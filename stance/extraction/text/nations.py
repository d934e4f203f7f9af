"""Words for nations: "French" and "France" are one, "French" and "Danish" are two."""

from collections.abc import Iterable

# The words of one nation; capitals stand for it in news: "London's envoy".
NATIONS = [
    words.split()
    for words in (
        "afghan afghanistan kabul;albanian albania tirana;algerian algeria algiers;"
        "american america us u.s usa u.s.a washington;argentine argentinian argentina;"
        "armenian armenia yerevan;australian australia canberra;austrian austria vienna;"
        "azerbaijani azeri azerbaijan baku;bahraini bahrain;bangladeshi bangladesh dhaka;"
        "belarusian belarussian belarus minsk;belgian belgium;bosnian bosnia sarajevo;"
        "brazilian brazil;british britain uk u.k london english england scottish scotland welsh;"
        "bulgarian bulgaria sofia;burmese burma myanmar;cambodian cambodia;canadian canada ottawa;"
        "chilean chile;chinese china beijing;colombian colombia bogota bogotá;congolese congo drc;"
        "croatian croatia zagreb;cuban cuba havana;cypriot cyprus nicosia;czech czechia prague;"
        "danish denmark copenhagen;dutch netherlands;egyptian egypt cairo;eritrean eritrea;"
        "estonian estonia tallinn;ethiopian ethiopia;finnish finland helsinki;french france paris;"
        "georgian georgia tbilisi;german germany berlin;ghanaian ghana;greek greece athens;"
        "hungarian hungary budapest;icelandic iceland;indian india delhi;indonesian indonesia "
        "jakarta;iranian iran tehran;iraqi iraq baghdad;irish ireland dublin;"
        "israeli israel jerusalem;italian italy rome;japanese japan tokyo;jordanian jordan amman;"
        "kazakh kazakhstan astana;kenyan kenya nairobi;korean korea seoul pyongyang;"
        "kosovan kosovar kosovo pristina;kuwaiti kuwait;kyrgyz kyrgyzstan;latvian latvia riga;"
        "lebanese lebanon beirut;libyan libya tripoli;lithuanian lithuania vilnius;"
        "macedonian macedonia skopje;malaysian malaysia;malian mali bamako;maltese malta;"
        "mexican mexico;moldovan moldova chisinau;montenegrin montenegro;moroccan morocco rabat;"
        "nepalese nepali nepal;nigerian nigeria abuja;norwegian norway oslo;omani oman muscat;"
        "pakistani pakistan islamabad;palestinian palestine palestinians gaza ramallah;"
        "peruvian peru;philippine filipino philippines manila;polish poland warsaw;"
        "portuguese portugal lisbon;qatari qatar doha;romanian romania bucharest;"
        "russian russia moscow kremlin;rwandan rwanda kigali;saudi riyadh;serbian serb serbia "
        "belgrade;singaporean singapore;slovak slovakia bratislava;slovenian slovene slovenia;"
        "somali somalia mogadishu;spanish spain madrid;sudanese sudan khartoum;"
        "swedish sweden stockholm;swiss switzerland;syrian syria damascus;taiwanese taiwan taipei;"
        "tajik tajikistan;tanzanian tanzania;thai thailand bangkok;tunisian tunisia tunis;"
        "turkish turkey türkiye ankara;ugandan uganda kampala;ukrainian ukraine kyiv kiev;"
        "emirati uae emirates;uzbek uzbekistan tashkent;venezuelan venezuela caracas;"
        "vietnamese vietnam hanoi;yemeni yemen sanaa;zambian zambia;zimbabwean zimbabwe"
    ).split(";")
]
NATION_OF = {word: words[0] for words in NATIONS for word in words}


def nations_in(words: Iterable[str]) -> set[str]:
    """Return the nations among words in lower case: {"french"} for "france's minister"."""
    plain = (word.strip(".").removesuffix("'s").removesuffix("’s") for word in words)
    return {NATION_OF[word] for word in plain if word in NATION_OF}

import spacy

import stance
from stance.interfaces.spacy_component import StanceComponent

TEXT = (
    "“We are ready to resume the talks on Monday,” said Mara Lindqvist, the foreign minister. "
    "Boro Kast rejected the offer as a show."
)


def make(model_folder):
    nlp = spacy.blank("en")
    nlp.add_pipe("stance", config={"model": str(model_folder)})
    return nlp


def test_a_document_has_its_quotes_and_its_speakers_with_their_stances(model, model_folder):
    doc = make(model_folder)(TEXT)
    reading = model.read(stance.Article("doc", TEXT)).to_dict()
    assert doc._.stance == reading["speakers"]
    assert [one["speaker"] for one in doc._.quotes][:1] == ["Mara Lindqvist"]
    marked = doc.spans["stance"][0]
    assert marked.text == "We are ready to resume the talks on Monday"
    assert marked.label_ == doc._.quotes[0]["prediction"]["stance"]


def test_a_document_without_quotes_has_none(model_folder):
    doc = make(model_folder)("The harbour was quiet.")
    assert (doc._.quotes, doc._.stance, len(doc.spans["stance"])) == ([], [], 0)
    assert spacy.blank("en")("No component here.")._.quotes is None


def test_documents_keep_it_on_their_way_through_processes_and_files(model_folder, tmp_path):
    nlp = make(model_folder)
    here = nlp(TEXT)
    there = list(nlp.pipe([TEXT, TEXT], n_process=2))
    assert [doc._.quotes[0]["text"] for doc in there] == [here._.quotes[0]["text"]] * 2
    nlp.to_disk(tmp_path / "nlp")
    again = spacy.load(tmp_path / "nlp")
    assert isinstance(again.get_pipe("stance"), StanceComponent)
    assert again(TEXT)._.stance == here._.stance

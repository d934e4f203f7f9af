import shutil

import pytest
from shell import cli

from stance.cli.check import check_all, check_experiment
from stance.core.errors import ConfigError, DataError
from stance.labels.checks import check_labels, check_leaks, check_speakers


def test_the_project_checks_itself():
    done = cli("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "seeds: 2 articles, checksums right" in done.stdout


def test_a_changed_seed_article_is_found(project):
    path = project / "seeds" / "cbc-news-2025-05.txt"
    path.write_bytes(path.read_bytes() + b" ")
    done = cli("check")
    assert done.returncode == 1
    assert "seeds/cbc-news-2025-05.txt: checksum" in done.stderr


def test_check_reads_benchmarks_and_sweeps_too(project, root):
    for name in ("benchmarks", "sweeps"):
        shutil.copytree(root / "experiments" / name, project / "experiments" / name)
    shutil.copy(root / "experiments" / "ngrams.toml", project / "experiments")
    said = [check_experiment(path) for path in sorted((project / "experiments").rglob("*.toml"))]
    for name in ("benchmarks", "sweeps"):
        for path in (root / "experiments" / name).glob("*.toml"):
            assert any(line.startswith(f"experiments/{name}/{path.name}: ") for line in said), path
    assert any(line.startswith("experiments/sweeps/ngrams.toml: Which strength") for line in said)
    vast = project / "experiments" / "benchmarks" / "vast.toml"
    vast.write_text(
        vast.read_text(encoding="utf-8")
        .replace('corpus = "vast"', 'corpus = "waste"')
        .replace("C = 2.0", "C = -2.0"),
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as told:
        check_experiment(vast)
    lines = vast.read_text(encoding="utf-8").splitlines()
    for text, place in (('corpus = "waste"', "corpus: "), ("C = -2.0", "member.1.C: ")):
        number = next(k for k, line in enumerate(lines, 1) if text in line)
        assert f"experiments/benchmarks/vast.toml:{number}: {place}" in str(told.value)
    sweep = project / "experiments" / "sweeps" / "ngrams.toml"
    sweep.write_text(
        sweep.read_text(encoding="utf-8").replace("classifier.C", "classifier.K"), encoding="utf-8"
    )
    with pytest.raises(
        ConfigError,
        match=r"experiments/sweeps/ngrams\.toml:13: choices: member\.0\.classifier\.K: unknown key",
    ):
        check_experiment(sweep)


def test_the_projects_own_labels_are_complete_and_do_not_leak(root):
    assert "quotes" in check_labels(root / "labels")
    assert "test reports, no run of" in check_leaks(root / "labels")
    assert "real persons speaks" in check_speakers(root / "labels")


def test_a_copied_sentence_is_named_with_both_reports(project):
    own = project / "labels" / "reports" / "w01.jsonl"
    line = own.read_text(encoding="utf-8").splitlines(keepends=True)[0]
    (own.parent / "w02.jsonl").write_text(line.replace("w1_01", "w2_01"), encoding="utf-8")
    for path in (project / "labels" / "judgments").glob("*.jsonl"):
        lines = path.read_text(encoding="utf-8")
        copied = "".join(
            one.replace("w1_01", "w2_01") + "\n" for one in lines.splitlines() if '"w1_01#' in one
        )
        path.write_text(lines + copied, encoding="utf-8")
    (project / "labels" / "splits.toml").write_text(
        'train = ["w1"]\nvalidation = []\ntest = ["w2"]\n'
    )
    with pytest.raises(DataError, match=r"w1_01 \(train\) and w2_01 \(test\) share the words"):
        check_leaks(project / "labels")
    with pytest.raises(DataError, match=r"w2_01: the same text stands under another id"):
        check_labels(project / "labels")


@pytest.mark.parametrize(
    ("path", "old", "new", "message"),
    [
        (
            "labels/codebook.toml",
            'name = "conditional"',
            'name = "iffy"',
            r"labels/codebook\.toml: stances are .*'iffy'.*, expected ",
        ),
        ("labels/codebook.toml", "[[stances]]", "[[stances", r"labels/codebook\.toml: not TOML \("),
        (
            "seeds/index.toml",
            "sha256",
            "md5",
            r"seeds/cbc-news-2025-05\.txt: checksum [0-9a-f]{12}…, the index says none…; "
            "restore the file",
        ),
        ("seeds/index.toml", "[", "{", r"seeds/index\.toml: not TOML \("),
        (
            "labels/splits.toml",
            "validation",
            "valid",
            r"labels/splits\.toml: valid = \[\]; expected train and validation and test",
        ),
        (
            "labels/splits.toml",
            '["w1"]',
            '"w1"',
            r"labels/splits\.toml: train = 'w1'; expected .* each a list of batches",
        ),
        ("labels/annotators.toml", "role =", "rule =", r"labels/annotators\.toml: author: no role"),
    ],
)
def test_a_damaged_file_is_named_with_what_was_expected(project, path, old, new, message):
    place = project / path
    place.write_text(place.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        check_all([])


def test_faults_of_all_parts_are_told_at_once(project):
    (project / "seeds" / "more.txt").write_text("A third article.", encoding="utf-8")
    (project / "labels" / "codebook.toml").write_text("stances = []", encoding="utf-8")
    (project / "experiments" / "other.toml").write_text("name = 3", encoding="utf-8")
    with pytest.raises(DataError) as told:
        check_all([project / "experiments" / "other.toml"])
    for part in (
        "seeds/more.txt: is not in seeds/index.toml; add it",
        "codebook.toml: stances are []",
        "experiments/other.toml: 3 faults",
    ):
        assert part in str(told.value)

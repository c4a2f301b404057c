"""Reading corpora: good headers, bad headers of every kind, and files that are none of our business."""

import ast
import os
from pathlib import Path

import pytest

from assay.attacks.catalogue import FAMILIES, CorpusError, load

from .shipped import CORPUS

HEADER = {
    "id": '"a.b"',
    "title": '"title"',
    "family": '"clock"',
    "language": '"python"',
    "task": '"matmul"',
    "gain": '"fake-speed"',
    "source": '"source"',
    "seen": '"wild"',
}
CODE = "def matmul(A, B):\n    return A\n"


def attack(extra: str = "", code: str = CODE, **fields: str | None) -> str:
    merged = {**HEADER, **fields}
    lines = [f"# {name} = {value}" for name, value in merged.items() if value is not None]
    return "\n".join(["# /// attack", *lines, *([extra] if extra else []), "# ///", code])


def only_broken(folder: Path) -> str:
    corpus = load(folder)
    assert (corpus.attacks, corpus.honest) == ((), ())
    (broken,) = corpus.broken
    assert str(broken.path) in broken.reason
    assert "\n" not in broken.reason
    return broken.reason


def test_a_good_file_becomes_an_attack(tmp_path):
    (tmp_path / "a.py").write_text(attack())
    (found,) = load(tmp_path).attacks
    assert (found.id, found.family, found.payload) == ("a.b", "clock", CODE)


def test_the_explaining_docstring_is_not_part_of_the_payload(tmp_path):
    (tmp_path / "a.py").write_text(attack(code=f'"""Why it works.\n\nIn two lines."""\n\n{CODE}'))
    assert load(tmp_path).attacks[0].payload == CODE


def test_a_second_docstring_belongs_to_the_payload(tmp_path):
    (tmp_path / "a.py").write_text(attack(code=f'"""Why."""\n\n"""Mine."""\n{CODE}'))
    assert load(tmp_path).attacks[0].payload == f'"""Mine."""\n{CODE}'


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path):
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbf" + attack().replace("\n", "\r\n").encode())
    assert load(tmp_path).attacks[0].payload == CODE


def test_entries_are_found_at_any_depth(tmp_path):
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (deep / "x.py").write_text(attack())
    assert len(load(tmp_path).attacks) == 1


def test_a_single_file_can_be_given(tmp_path):
    (tmp_path / "a.py").write_text(attack())
    assert len(load(tmp_path / "a.py").attacks) == 1


BAD = {
    "bad toml": (attack(title="unquoted words"), "TOML"),
    "missing field": (attack(source=None), "source"),
    "unknown field": (attack(colour='"red"'), "colour"),
    "unknown family": (attack(family='"witchcraft"'), "witchcraft"),
    "unknown gain": (attack(gain='"money"'), "money"),
    "unknown seen": (attack(seen='"rumour"'), "rumour"),
    "unknown language": (attack(language='"cobol"'), "cobol"),
    "unknown layer": (attack(stopped_by='["moat"]'), "moat"),
    "layers not a list": (attack(stopped_by='"policy"'), "stopped_by"),
    "number for a string": (attack(id="7"), "id"),
    "empty title": (attack(title='""'), "title"),
    "id with spaces": (attack(id='"a b"'), "a b"),
    "twin that does not exist": (attack(twin='"nobody"'), "nobody"),
    "duplicate key": (attack(extra='# id = "again"'), "TOML"),
    "deeply nested toml": (attack(title="[" * 5000), "header"),
    "huge number": (attack(title="1" * 9000), "header"),
    "unclosed header": ("# /// attack\n# id = 'x'\n", "not closed"),
    "header cut by code": ("# /// attack\n# id = 'x'\nimport os\n# ///\n", "not closed"),
    "no code": (attack(code=""), "no code"),
    "no version": (attack(extra='# python = "3.12"'), "'<3.12' or '>=3.12'"),
    "empty header": ("# /// attack\n# ///\n" + CODE, "missing"),
    "honest without style": ('# /// honest\n# id = "x"\n# title = "x"\n# task = "matmul"\n# ///\n' + CODE, "style"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_header_is_a_broken_file_with_one_clear_sentence(name, tmp_path):
    text, expected = BAD[name]
    (tmp_path / "bad.py").write_text(text)
    assert expected in only_broken(tmp_path)


@pytest.mark.parametrize(
    ("versions", "works"), [("<3.11", False), ("<3.12", True), (">=3.11", True), (">=3.12", False), (None, True)]
)
def test_an_attack_works_with_the_versions_of_python_that_it_names(tmp_path, monkeypatch, versions, works):
    (tmp_path / "a.py").write_text(attack(extra=f'# python = "{versions}"' if versions else "#"))
    (found,) = load(tmp_path).attacks
    monkeypatch.setattr("sys.version_info", (3, 11, 9))
    assert found.works_here is works


def test_the_line_of_the_fault_is_named(tmp_path):
    (tmp_path / "bad.py").write_text(attack(family='"witchcraft"'))
    assert "bad.py:4:" in only_broken(tmp_path)


def test_a_nul_byte_breaks_a_file(tmp_path):
    (tmp_path / "bad.py").write_bytes(attack().encode() + b"\0")
    assert "NUL" in only_broken(tmp_path)


def test_text_that_is_not_utf8_breaks_a_file(tmp_path):
    (tmp_path / "bad.py").write_bytes(attack().encode() + b"# \xff\xfe\n")
    assert "UTF-8" in only_broken(tmp_path)


def test_a_file_above_one_megabyte_is_broken(tmp_path):
    (tmp_path / "bad.py").write_text(attack(code=CODE + "#" * (1 << 20)))
    assert "1 MB" in only_broken(tmp_path)


def test_a_duplicate_id_breaks_the_second_file(tmp_path):
    (tmp_path / "a.py").write_text(attack())
    (tmp_path / "b.py").write_text(attack())
    corpus = load(tmp_path)
    assert len(corpus.attacks) == 1
    assert "b.py" in corpus.broken[0].reason
    assert "a.py" in corpus.broken[0].reason


def test_other_files_are_left_alone(tmp_path):
    (tmp_path / "README.md").write_text(attack())
    (tmp_path / "notes.txt").write_text(attack())
    (tmp_path / "plain.py").write_text(CODE)
    (tmp_path / "indented.py").write_text(f'text = """\n  # /// attack\n"""\n{CODE}')
    (tmp_path / "script.py").write_text("# /// script\n# dependencies = []\n# ///\n" + CODE)
    (tmp_path / "data.py").write_bytes(bytes(range(256)) * 64)
    (tmp_path / "empty.py").write_bytes(b"")
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    corpus = load(tmp_path)
    assert (corpus.attacks, corpus.honest, corpus.broken) == ((), (), ())


def test_links_and_loops_are_left_alone(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dangling.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    (tmp_path / "a.py").write_text(attack())
    (tmp_path / "again.py").symlink_to(tmp_path / "a.py")
    corpus = load(tmp_path)
    assert (len(corpus.attacks), corpus.broken) == (1, ())


def test_a_folder_that_does_not_exist_is_an_error_with_its_name(tmp_path):
    with pytest.raises(CorpusError, match="nowhere"):
        load(tmp_path / "nowhere")


def test_the_shipped_corpus_is_large_and_complete():
    assert CORPUS.broken == ()
    assert len(CORPUS.attacks) >= 64
    assert len([kernel for kernel in CORPUS.honest if not kernel.wrong]) >= 150
    assert len([kernel for kernel in CORPUS.honest if kernel.wrong]) >= 3
    assert {found.family for found in CORPUS.attacks} == set(FAMILIES)


def test_every_shipped_attack_lies_in_its_family_and_is_named_after_its_file():
    for found in CORPUS.attacks:
        assert (found.path.parent.name, found.id) == (found.family, f"{found.family}.{found.path.stem}")


def test_no_two_shipped_honest_kernels_hold_the_same_code_and_each_is_named_after_its_file():
    kernels = [kernel for kernel in CORPUS.honest if kernel.language == "python"]
    assert [kernel.id for kernel in kernels] == [kernel.path.stem for kernel in kernels]
    assert len({ast.dump(ast.parse(kernel.payload)) for kernel in kernels}) == len(kernels)

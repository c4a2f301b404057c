"""Finding the candidate in a completion."""

import pytest

from assay.rewards import extract


@pytest.mark.parametrize(
    ("completion", "code"),
    [
        ("```python\nx = 1\n```", "x = 1\n"),
        ("```\nx = 1\n```\n", "x = 1\n"),
        ("text\n```py\na\n```\nmore\n```python\nb\n```\ntail", "b\n"),
        ("  ```python\nx\n  ```", "x\n"),
        ("```python\n```", ""),
        ("```python\ns = '``` inside'\n```", "s = '``` inside'\n"),
        ("```python\r\nx = 1\r\n```\r\n", "x = 1\r\n"),
        ("```python\na\n```python\nb\n```", "b\n"),
        ("", None),
        ("no code at all", None),
        ("```python\nx = 1", None),
        ("def matmul(A, B): ...", None),
        ("inline ```x``` only", None),
        ("    ```python\n    x\n    ```", None),
    ],
)
def test_the_last_complete_block_is_the_candidate(completion, code):
    assert extract(completion) == code


def test_an_unclosed_last_block_leaves_the_one_before():
    assert extract("```python\na\n```\n```python\nb") == "a\n"


def test_ten_megabytes_of_fences_and_backticks_are_read():
    assert extract("```\n" * 2_500_000) == ""
    assert extract("`" * 10_000_000) is None

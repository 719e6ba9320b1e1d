"""What a tutorial says to type is typed, and what was printed comes into the page."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("write_tutorial", ROOT / "tools/write_tutorial.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGE = """Text.
<!-- not run -->
```sh
exit 3
```

```sh
seq 5
```
<!-- first 2 lines -->
```text
old
```
```sh
touch made
```
```sh
ls
```
```text
```
"""


def test_outputs_come_into_the_page(tool, tmp_path, monkeypatch):
    page, folder = tmp_path / "page.md", tmp_path / "folder"
    folder.mkdir()
    page.write_text(PAGE)
    monkeypatch.setattr(sys, "argv", ["write_tutorial", str(page), str(folder)])
    for _ in range(2):  # the second time nothing changes
        tool.main()
        assert page.read_text() == PAGE.replace("old\n", "1\n2\n...\n").replace(
            "ls\n```\n```text\n", "ls\n```\n```text\nmade\n"
        )


def test_a_command_that_fails_leaves_the_page(tool, tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("```sh\nfalse | true\n```\n```text\nold\n```\n")
    before = page.read_text()
    monkeypatch.setattr(sys, "argv", ["write_tutorial", str(page), str(tmp_path)])
    with pytest.raises(tool.subprocess.CalledProcessError):
        tool.main()
    assert page.read_text() == before


def test_commands_of_the_tutorials_are_found(tool):
    for name in ("yeast.md", "plant.md"):
        commands = list(tool.typed((ROOT / "docs/tutorial" / name).read_text()))
        assert sum("helixdask " in block for block in commands) > 2
        assert not any("curl " in block for block in commands)

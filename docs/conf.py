"""Settings of the documentation: ``make docs``."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "helixdask"
author = "The helixdask developers"
project_copyright = author
release = version = version_of("helixdask")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "command_pages"]
templates_path: list[str] = []
exclude_patterns = ["README.md"]
nitpicky = False

html_theme = "furo"
html_title = f"helixdask {release}"
html_theme_options = {"source_repository": "https://github.com/helixdask/helixdask/", "source_directory": "docs/"}
html_show_sourcelink = False
html_copy_source = False

# Links between pages and into them are checked, as they are written for GitHub.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

# The notebook is run when the site is built; a cell that fails is an error.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "none"  # the NumPy style says them in words
napoleon_google_docstring = False
napoleon_use_rtype = False

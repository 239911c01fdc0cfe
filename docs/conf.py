"""Sphinx's settings; ``make docs`` builds with warnings as errors."""

from importlib import metadata

project = "hybrid"
author = "The hybrid developers"
release = version = metadata.version("hybrid-hpc-quantum")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["requirements.txt"]
html_theme = "furo"
html_title = "hybrid"
html_static_path = ["pictures"]
html_extra_path = ["llms.txt"]
html_copy_source = False
html_show_copyright = False
pygments_style = "tango"
pygments_dark_style = "monokai"
copybutton_prompt_text = "$ "

autodoc_typehints = "signature"
autodoc_type_aliases = {"ArrayLike": "ArrayLike", "FloatArray": "FloatArray", "Choice": "Choice"}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
suppress_warnings = ["myst.header"]

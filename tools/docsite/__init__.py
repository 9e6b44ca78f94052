"""The documentation site: what MkDocs does not do itself.

Pages of the reference come from the operators' registry and from docstrings; chapters take excerpts from the sources
by reference and show programs with the output they really print. ``tools/documentation.py`` builds it all.
"""

"""From a notebook to ranks: a job of several ranks makes the calls of this process.

``hybrid.ranks(4)`` starts a launcher once (:mod:`~hybrid.notebook.launch`), and public calls are
then sent to its ranks over a Unix socket (:mod:`~hybrid.notebook.channel`) as plain data and QPY
(:mod:`~hybrid.notebook.writing`, :mod:`~hybrid.notebook.reading`). Every rank makes the same call,
as in a script (:mod:`~hybrid.notebook.serve`).
"""

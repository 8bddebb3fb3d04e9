"""Sections of the report, one file each with its template beside it.

A section states its ``ORDER`` on the page, its ``TITLE``, the key of the config's ``BLOCKS`` that
it tells of (``datasets``, ``areas`` or ``radiographs``), and ``ASSETS``, the name of its template:
its own with ``.html.j2``. It has two functions ::

    chapters(name, block) -> chapters    of a block that is run: by the title of each chapter, its
                                         files (paths below the run's folder) by name
    context(files) -> context            what the template shows of a chapter beside its files

The template gets ``chapters``, a list in which each has ``title``, ``id``, ``files`` and what
`context` returned. A function ``flags(of, files, block)`` may name what speaks against a chapter's
numbers, a list of `neuroloop.report.flags.Against`. ``neuroloop.report/parts.html.j2`` has what
pages are made of: ``heading``, ``figure`` and ``table``. Given the chapter, heading and figure say
that its data are simulated; a function ``simulated(block)`` of the section adds what else a reader
has to know of them.
"""

"""Sources of brain data, one file each, by the name that a dataset's ``source`` gives.

A source says which input files a subject has, and reads them as `brain.BrainData` asks for.
It has three functions ::

    inputs(dataset, subject) -> files     by the name under which `read` gets them
                                          (key below the dataset, path below data_folder) of each
    options(dataset, subject) -> options  what else of the dataset's block `read` follows from: what
                                          JSON can hold, and no more than that, for an import runs
                                          again when one of these values changes
    read(files, **options) -> Imported    from the files' paths, by name, to brain data

    dataset  the dataset's block of the config
    subject  the subject's name

Three classes describe its keys of the config, where it has any: ``Settings`` (of the dataset's
block), ``Subject`` (of a subject; without one ``file``), ``Roi`` (of a region; without one
``voxels``).

One whose regions are read from files of their own, such as masks, has three functions more, so that
a region reads its own files and no other one depends on them. What its ``read`` gives of voxels is
a sample that stands for all, and the session is training ::

    region_inputs(dataset, subject, roi) -> files   as ``inputs``: all that the region is read from
    region_options(dataset, roi) -> options         as ``options``
    read_region(files, roi, scan, **options) -> ImportedRegion
                                                    a row for each row that ``read`` gave; ``scan``
                                                    is its `Imported.scan` as it was kept

A function ``beside(files) -> files`` names files that lie beside these and are read too, where they
exist, by the name under which `read` gets them: paths as `inputs` gave them, made whole.

One whose files are images of a scan, and whose `Imported.scan` is followed, lets them be audited by
two functions: ``scanned(files) -> files``, which of the files that `inputs` gave, made whole, are
read (``bold``), with tables of motion beside them (``confounds``); and ``courses(files, scan)``,
which reads them (`audit.courses.Courses`).

One that has the images that subjects saw gives them by a function ``images``, which a source of the
students' images calls (neuroloop/distill/image_sources). ``MEMORY`` (MB) and ``MINUTES`` of an
import are 4000 and 20 if left out. The simulated source has only its images: rules of its own draw
the rest.
"""

"""Sources of the students' images, one file each, named as in ``teaching.images.source``.

A source has three functions ::

    inputs(dataset) -> files             folders or files that it reads: key below the dataset and
                                         path below data_folder of each
    options(dataset) -> options          what else of the dataset's block `read` follows from
    read(files, shown, size, intake, **options) -> rows, pixels
                                         table and pixels, one row per image: image_id, category,
                                         split, stimulus_id as images.tsv has them, and uint8
                                         (images, channels, size, size)

    dataset  the dataset's block of the config
    files    their paths, in the order of `inputs`
    shown    stimuli.tsv
    intake   gets the files that are read, what is recognised and what is left out

One whose images subjects saw has ``look_up(files, stimuli, size, **options) -> pixels``, the images
of any rows of stimuli.tsv, on which brains are looked for in students (`distill.loop`).

One that reads folders has ``listed(dataset, key, folder)`` as well, which names the images below a
folder that count: images are made again when these change. Images that subjects saw are those of
the source of brain data, which has them in its function ``images``.
"""

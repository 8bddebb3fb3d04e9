"""Functions of simulated subjects' photographs: their folders, and what these hold. No rule stands here."""


def photograph_input(wildcards):
    """Input function: folders of the photographs that simulated subjects look at; of digits none."""
    block = config["datasets"][wildcards.dataset]
    named = source_entry(wildcards).photograph_folders(block)
    where = f"datasets.{wildcards.dataset}"
    paths = [data_input(path, f"{where}.{key}") for key, path in named.items()]
    return [path for path in paths if path]


def photograph_content(wildcards):
    """What these folders hold, for params."""
    return [folder_content(folder) for folder in photograph_input(wildcards)]

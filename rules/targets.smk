"""What can be asked for besides everything: parts of the way, by name."""


rule check:
    """Read and check every configured input, before anything is queued."""
    input:
        CHECKED,
    localrule: True


rule soft_labels:
    """Decode every region; no image is needed."""
    input:
        SOFT_LABELS,
    localrule: True


rule students:
    """Train the students of every teacher."""
    input:
        STUDENTS,
    localrule: True

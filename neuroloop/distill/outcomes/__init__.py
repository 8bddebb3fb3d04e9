"""What students differ in beside accuracy, each outcome as a table of seeds and test images."""

#: Outcomes that take the networks, of which one seed's is kept: they are measured where students
#: train. Others follow from stored predictions.
OF_NETWORKS = ("corruptions", "adversarial")

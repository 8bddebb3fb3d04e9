"""The loop closed: is a brain found again in the students that it taught?

Students saw pixels and their teacher's soft labels, never voxels. If what a brain taught them is
the brain's, their features predict its answers to images that neither taught them nor made the
teacher, better than those of students under controls do, and better than they predict another
brain.
"""

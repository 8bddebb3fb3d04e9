"""What entries of the registries must do, checked on small made-up data.

Our own tests hold every entry to these, recipes end with them, and jobs begin with those that cost
next to nothing. A check returns nothing; `NeuroLoopError` says in one line what is wrong.
"""

"""Makes the data files of the reference basin from the tables beside it and the river lines of a package.

Used by script/build_reference only; nothing of the running product imports it. Standard library alone, so that the
files come out the same to the byte wherever they are made.
"""

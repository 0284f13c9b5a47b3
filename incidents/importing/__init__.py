"""Imported: reports by the thousand from a file of another system, each as of its day.

`columns` says which column tells what, `reading` opens the file, `understanding` makes
a report of a row or says why not, `sifting` knows which are here already, `cases` says
what becomes of each, `copies` and `writing` keep them, `agreement` holds what we say
against the file's own words, and `running` leads all of it batch by batch.
"""

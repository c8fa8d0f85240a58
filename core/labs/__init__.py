"""The experiments. Each lab is a folder:

    settings.py   what can be set, with ranges (no torch: pages and the bank read it)
    program.py    the lesson's plain program; the page shows this file, and this file runs
    run.py        measures program.py

`registry.LABS` lists them all. A new lab is one folder and one line there.
"""

"""The experiments. Each lab is a folder:

    settings.py   what can be set, with ranges (no torch: pages and the bank read it)
    program.py    the lesson's plain program; the page shows this file, and this file runs
    cell.py       the calls that the page shows below it
    run.py        measures program.py

    __init__.py   declares it: title, models, what a question may ask of it

`core.runs.registry.LABS` finds them. A new lab is one folder here and one file in `ui/labs` for its looks.
"""

"""VRAM Lab's engine: labs, measuring, marking and the class, without any web page.

Everything here works from a notebook or a shell. Nothing here imports streamlit.
"""

"""The app that `streamlit run streamlit_app.py` serves. It only puts the parts together.

`ui/router.py` is the script that draws pages; the middleware gives every browser its cookie and tells it where the app
is; the lifespan prepares the database and starts the workers before the first visitor.
"""

import streamlit as st
from starlette.middleware import Middleware

from ui.base_address import BaseAddress
from ui.identity import IdentityCookie
from ui.lifespan import lifespan
from ui.trouble import on_script_error

app = st.App(
    "ui/router.py",
    middleware=[Middleware(IdentityCookie), Middleware(BaseAddress)],
    lifespan=lifespan,
    on_script_error=on_script_error,
)

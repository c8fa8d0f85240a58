"""A browser without a screen: Streamlit's own messages over its own websocket, and the server that answers them.

`Server` is a `streamlit run` of its own, `Visitor` is somebody who opens its pages, `Page` is what the visitor sees:

    with Server(ROOT / "streamlit_app.py", {"VRAM_LAB_WORKERS": "external"}) as server:
        visitor = Visitor(server.port)
        await visitor.arrive("q1")
        await visitor.choose("q1_answer_tick_cpu", True)
        seconds = await visitor.click("Check my answer")
        print(seconds, visitor.page.alerts)

Streamlit does not promise these messages to anybody: they are those of 1.67 and may change with a new version.
"""

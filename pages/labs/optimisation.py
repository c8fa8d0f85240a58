from ui.lab_page import lab_page

lab_page("optimisation")

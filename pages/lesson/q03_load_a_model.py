from ui.question_page import question_page

question_page("Q3")

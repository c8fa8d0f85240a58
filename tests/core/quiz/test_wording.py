from core.quiz.wording import keys_at, suggestion


def test_keys_are_known_at_every_depth() -> None:
    assert keys_at(()) == ["schema", "bank", "sections", "questions"]
    assert "also_accepted" in keys_at(("questions", 3))
    assert "feedback_unchosen" in keys_at(("questions", 3, "choices", 0))
    assert keys_at(("questions", 3, "key"))[0] == "from"
    assert "min_repeats" in keys_at(("questions", 3, "key", "evidence"))
    assert keys_at(("questions", 3, "key", "evidence", "device")) == []


def test_a_suggestion_is_made_only_where_a_word_is_near() -> None:
    assert suggestion("feedbak", ["feedback", "text"]) == "; did you mean 'feedback'?"
    assert suggestion("xyz", ["feedback", "text"]) == ""

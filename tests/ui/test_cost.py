"""What a picture costs and how long a class waits, from the seconds of one picture."""

from ui.results.cost import told


def test_the_price_of_an_hour_is_shared_by_its_pictures() -> None:
    hour, price, wait = told(36.0, 2.0, 30)
    assert "**100** fit" in hour
    assert "**0.0200**" in price and "a thousand cost 20.0" in price
    assert wait == "If 30 ask at once, one after the other, the last waits **18 min 0 s** and the average 9 min 18 s."


def test_a_machine_that_costs_nothing_is_no_division() -> None:
    assert told(1.0, 0.0, 1)[1] == "At a price of 0 a picture costs nothing."

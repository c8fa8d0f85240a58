"""A way from the internet to the app on this machine, for a lesson's hour: `python -m core tunnel`."""

"""The kiosk of a sede: books, prints and looks citas up with the cable pulled out."""

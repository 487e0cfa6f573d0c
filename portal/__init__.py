"""Citas en línea: the portal for citizens and staff."""

import os

# Piccolo's tables look for their engine by this name; nobody who runs the portal should have to know.
os.environ.setdefault("PICCOLO_CONF", "portal.piccolo_conf")

"""What Piccolo reads first at a kiosk: the engine, which passes on to the current node, and the apps."""

from piccolo.conf.apps import AppRegistry

from portal.database.node import NodeEngine

DB = NodeEngine()

APP_REGISTRY = AppRegistry(apps=["portal.piccolo_app", "kiosk.piccolo_app"])

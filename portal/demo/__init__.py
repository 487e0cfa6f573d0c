"""A demonstration: a believable month around today, made by the same functions that people's clicks call.

``citas demo`` alone starts it, and nothing here is needed to serve. Everybody in it is invented.
"""

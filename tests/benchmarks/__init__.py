"""How fast the pages are that people open all day. Run by bin/bench, never by bin/test."""

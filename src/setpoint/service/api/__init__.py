"""The API that the published client library speaks, versions 0.1 to 2.0, a file per noun."""

"""Suppliers' feeds: taking their files into the catalogue, and taking them back out.

`runs.run` takes a file in, batch by batch; `undoing.undo` takes it back. `import_onix` and the jobs
call them.
"""

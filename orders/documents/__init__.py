"""Papers about an order: invoice, credit note, packing slip, gift receipt; made with typst.

`contents` is what they say, `wording` how it reads in a language, `printing` how it becomes a PDF;
`issuing` gives invoices and credit notes their numbers.
"""

"""What a storefront asks of Vendure's Shop API: as much as the shop's own pages show."""

_CARD = "productId productName slug priceWithTax { ... on PriceRange { min max } }"

NEWEST = """query ($most: Int!) {
  products(options: { take: $most, sort: { createdAt: DESC } }) {
    totalItems
    items { id name slug description variants { id sku priceWithTax currencyCode stockLevel } }
  }
}"""

LIST = f"""query ($input: SearchInput!) {{
  search(input: $input) {{
    totalItems
    items {{ {_CARD} description inStock }}
    facetValues {{ count facetValue {{ id name }} }}
  }}
}}"""

BOOK = """query ($slug: String!) {
  product(slug: $slug) {
    id name slug description
    facetValues { id name } collections { id name slug breadcrumbs { name slug } }
    variants { id sku name priceWithTax currencyCode stockLevel }
  }
}"""

_REFUSED = "... on ErrorResult { errorCode message }"
_LINES = """id code state totalWithTax totalQuantity
    lines { id quantity linePriceWithTax productVariant { id sku name priceWithTax } }"""

ADD = f"""mutation ($variant: ID!) {{
  addItemToOrder(productVariantId: $variant, quantity: 1) {{
    ... on Order {{ {_LINES} }} {_REFUSED}
  }}
}}"""

BASKET = f"query {{ activeOrder {{ {_LINES} subTotalWithTax shippingWithTax }} }}"

GUEST = f"""mutation ($input: CreateCustomerInput!) {{
  setCustomerForOrder(input: $input) {{ ... on Order {{ id }} {_REFUSED} }}
}}"""

ADDRESS = f"""mutation ($input: CreateAddressInput!) {{
  setOrderShippingAddress(input: $input) {{ ... on Order {{ id }} {_REFUSED} }}
}}"""

WAYS_OF_SHIPPING = "query { eligibleShippingMethods { id name priceWithTax } }"

SHIPPING = f"""mutation ($way: [ID!]!) {{
  setOrderShippingMethod(shippingMethodId: $way) {{ ... on Order {{ {_LINES} }} {_REFUSED} }}
}}"""

WAYS_OF_PAYMENT = "query { eligiblePaymentMethods { id code name isEligible } }"

PAYING = f"""mutation {{
  transitionOrderToState(state: "ArrangingPayment") {{ ... on Order {{ state }} {_REFUSED} }}
}}"""

PAYMENT = f"""mutation ($input: PaymentInput!) {{
  addPaymentToOrder(input: $input) {{ ... on Order {{ code state }} {_REFUSED} }}
}}"""

ORDER = f"""query ($code: String!) {{
  orderByCode(code: $code) {{
    {_LINES} shippingWithTax shippingAddress {{ fullName streetLine1 city postalCode country }}
  }}
}}"""

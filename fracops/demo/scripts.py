"""What the demo's people and models say. Invented, and short enough to read in a trace."""

# ruff: noqa: E501  a script reads best a speech a line

SUPPORT = (
    ("Where is my order {order}? It was due on Monday.",
     "Order {order} left our warehouse and is with the carrier. It should reach you within two working days; the tracking link is in your mail.", True),
    ("Can I still change the address of order {order}?",
     "Order {order} has not been packed yet, so yes: send me the new address and I will change it.", True),
    ("The zip of my Ridgeline jacket broke after three weeks. What now?",
     "That is covered by our two-year warranty. Send us a photo and we will post you a new jacket or repair this one, as you prefer.", False),
    ("I want to return order {order}, but I have lost the slip.",
     "No slip needed. I have attached a new label for order {order}; drop the parcel at any shop by the end of the month.", True),
    ("Is the Fell 45 pack carry-on size?",
     "The Fell 45 is 56 × 34 × 22 cm when the lid is tucked in, which most airlines accept as carry-on. Please check yours.", False),
    ("Do you price-match other shops?",
     "We match the price of the same item in stock at a shop in your country, up to fourteen days after you bought it from us.", False),
    ("My refund for order {order} has not arrived.",
     "The refund for order {order} was sent to your card. Banks take three to five working days to show it.", True),
    ("Which boots do you suggest for wet rock?",
     "Look at the Tarn Mid: a soft, sticky sole and a waterproof lining. For long days with a heavy pack the Tarn High is steadier.", False),
)  # fmt: skip
"""Question, answer, and whether the assistant must look an order up."""

CLAIMS = (
    ("Claim {number}: windscreen cracked by a stone on the motorway, repaired, invoice 412.80 EUR attached.",
     "Glass is covered under part B without excess. Pay 412.80 EUR on claim {number} and close it; no further document is needed."),
    ("Claim {number}: water from the flat above, kitchen ceiling and cupboards, estimate 3,900 EUR.",
     "Water damage is insured. The estimate on claim {number} is above the limit for settling without a visit, so an assessor is asked to call."),
    ("Claim {number}: suitcase arrived two days late, necessities bought for 180 EUR.",
     "The policy pays up to 200 EUR for necessities after twelve hours. Pay 180 EUR on claim {number}."),
    ("Claim {number}: bicycle stolen from a locked cellar, police report attached.",
     "Theft from a locked room is insured at replacement value. Claim {number} lacks the purchase receipt: ask for it, then pay."),
    ("Claim {number}: hail damage on the bonnet, photos attached, workshop offers 1,240 EUR.",
     "Hail falls under partial cover with 150 EUR excess. Pay 1,090 EUR on claim {number} to the workshop."),
)  # fmt: skip

SUMMARIES = (
    ("Summarise the deposition of the site engineer for the partner, one page at most.",
     "The witness inspected the east wall twice, on 3 and 17 March. He saw the crack on the first visit and reported it by mail the same day (exhibit 14). He did not measure it. He cannot say who decided to go on pouring."),
    ("Summarise this share purchase agreement: price, conditions, warranties, limits.",
     "Price: 18.4 m, of which 1.5 m in escrow for 18 months. Conditions: merger clearance and the consent of two landlords. Warranties are the usual ones; the tax warranty runs seven years. Liability is capped at 30% of the price."),
    ("What changed between the second and the third draft of the lease?",
     "Three points: the break option moved from year 5 to year 7; the service charge now has a cap tied to the index; the landlord's consent to a sublet may no longer be refused without a reason."),
    ("Summarise the expert's report on lost profits.",
     "The expert compares the plan of 2023 with sales after the breach. He puts the loss at 2.1 to 2.6 m, the lower figure if the northern branch had closed anyway. He leaves interest aside."),
)  # fmt: skip

CLAUSES = (
    ("Find every clause that limits liability in the supply agreement.",
     "Clauses 11.2 (cap at twelve months' fees), 11.4 (no liability for lost profit) and 14.1 (the cap does not cover confidentiality)."),
    ("Is there a change-of-control clause in the loan agreement?",
     "Yes, clause 8.3: the lender may call the loan within 30 days after control changes; control means more than 50% of the votes."),
    ("Which law governs the licence, and where are disputes heard?",
     "Clause 22: the law of New York, and the federal and state courts in Manhattan, with a mediation step of 45 days before."),
)  # fmt: skip

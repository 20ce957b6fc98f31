"""The regions, phases and stages of the published files."""
REGIONS = {
    "E12000001": "North East", "E12000002": "North West", "E12000003": "Yorkshire and The Humber", "E12000004": "East Midlands",
    "E12000005": "West Midlands", "E12000006": "East of England", "E12000007": "London", "E12000008": "South East",
    "E12000009": "South West",
}
PHASES = {1: "Primary", 2: "Secondary", 3: "All-through"}
STAGES = ["Applied", "Enrolled", "Active", "Completed"]
TOTAL = "Total"

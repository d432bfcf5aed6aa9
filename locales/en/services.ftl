# Services, their questions and choices. A city may lay words of its own over these.
# service-CODE             the name, as in lists
# service-CODE-short       the name, where room is short
# q-SERVICE-QUESTION       a question; for a yes-or-no question, what "yes" says
# q-SERVICE-QUESTION-hint  what to know before answering
# a-SERVICE-QUESTION-CHOICE

service-pothole = Pothole and road damage
service-pothole-short = Pothole
q-pothole-where = Where in the road?
a-pothole-where-driving_lane = Driving lane
a-pothole-where-bike_lane = Bike lane
a-pothole-where-crossing = Crossing
a-pothole-where-sidewalk = Sidewalk
q-pothole-hazard = Someone could be hurt
q-pothole-hazard-hint = It moves up the queue.

service-streetlight = Streetlight outage
service-streetlight-short = Streetlight
q-streetlight-pole = Number on the pole
q-streetlight-pole-hint = If you can see one.

service-graffiti = Graffiti removal
service-graffiti-short = Graffiti
q-graffiti-surface = What is it on?
a-graffiti-surface-building = A building
a-graffiti-surface-wall = A wall or fence
a-graffiti-surface-sign = A sign
a-graffiti-surface-bench = A bench or shelter
a-graffiti-surface-other = Something else

service-water_leak = Water or sewer problem
service-water_leak-short = Water leak
q-water_leak-emergency = Someone is in danger, or a building is flooding
q-water_leak-emergency-hint = Call the emergency number first, then send this report.

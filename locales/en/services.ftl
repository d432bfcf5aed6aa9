# Services, their questions and choices. A city may lay words of its own over these.
# service-CODE              the name, as in lists
# service-CODE-short        the name, where room is short
# service-CODE-description  what it is for, in one sentence
# service-CODE-keywords     what people type when they mean it, with commas between
# q-SERVICE-QUESTION        a question; for a yes-or-no question, what "yes" says
# q-SERVICE-QUESTION-hint   what to know before answering
# a-SERVICE-QUESTION-CHOICE
# asset-KIND                a thing of the city's that has a number

service-pothole = Pothole and road damage
service-pothole-short = Pothole
service-pothole-description = Holes, cracks and sunken spots in a road, a bike lane or a sidewalk.
service-pothole-keywords = pothole, hole, hole in the road, road damage, crack, broken road, bump, dip, sinkhole, asphalt, pavement, paving, bike lane, crosswalk, sidewalk, trip hazard, flat tire
q-pothole-where = Where in the road?
a-pothole-where-driving_lane = Driving lane
a-pothole-where-bike_lane = Bike lane
a-pothole-where-crossing = Crossing
a-pothole-where-sidewalk = Sidewalk
q-pothole-hazard = Someone could be hurt
q-pothole-hazard-hint = It moves up the queue.

service-streetlight = Streetlight outage
service-streetlight-short = Streetlight
service-streetlight-description = Streetlights that stay dark, flicker, burn by day or have a damaged pole.
service-streetlight-keywords = streetlight, street light, street lamp, lamp, lamppost, light pole, light out, dark street, too dark, bulb, flickering, on all day, hanging wire, pole knocked down
q-streetlight-hazard = A wire hangs down, or the pole may fall
q-streetlight-hazard-hint = Stay away from it and do not touch the wire.
q-streetlight-problem = What is wrong with it?
a-streetlight-problem-out = It is dark
a-streetlight-problem-flickers = It flickers
a-streetlight-problem-on_by_day = It is on by day
a-streetlight-problem-pole = The pole is damaged
q-streetlight-pole = Number on the pole
q-streetlight-pole-hint = If you can see one.

service-graffiti = Graffiti removal
service-graffiti-short = Graffiti
service-graffiti-description = Paint, ink or stickers on walls, signs, benches and other places.
service-graffiti-keywords = graffiti, tag, tagging, spray paint, paint, marker, sticker, scribble, drawing on wall, vandalism, swear words, hate symbol, swastika, defaced
q-graffiti-surface = What is it on?
a-graffiti-surface-building = A building
a-graffiti-surface-wall = A wall or fence
a-graffiti-surface-sign = A sign
a-graffiti-surface-bench = A bench or shelter
a-graffiti-surface-other = Something else
q-graffiti-private = It is on private property
q-graffiti-private-hint = For example a house or a shop. The city talks to the owner first.
q-graffiti-hateful = It is hateful or threatening
q-graffiti-hateful-hint = It moves up the queue.

service-abandoned_vehicle = Abandoned vehicle
service-abandoned_vehicle-short = Vehicle
service-abandoned_vehicle-description = Cars, trailers, boats and motorcycles that someone has left behind.
service-abandoned_vehicle-keywords = abandoned vehicle, abandoned car, car, truck, van, trailer, boat, camper, motorcycle, junk car, left behind, not moved, wreck, flat tires, no plates, tow, towing, blocks driveway
q-abandoned_vehicle-state = What is wrong with it?
a-abandoned_vehicle-state-not_moved = It has not moved for three days or more
a-abandoned_vehicle-state-blocks = It blocks a sidewalk, a driveway or a hydrant
a-abandoned_vehicle-state-wrecked = It is wrecked, burnt or has no plates
a-abandoned_vehicle-state-private_land = It stands on private land
q-abandoned_vehicle-plate = License plate
q-abandoned_vehicle-plate-hint = Only the city sees it. Leave it empty if there is none.
q-abandoned_vehicle-looks = What does it look like?
q-abandoned_vehicle-looks-hint = For example: blue Ford pickup

service-illegal_dumping = Illegal dumping
service-illegal_dumping-short = Dumping
service-illegal_dumping-description = Trash, furniture or waste that someone left where it does not belong.
service-illegal_dumping-keywords = illegal dumping, dumping, dumped, trash pile, garbage pile, rubbish, junk, mattress, couch, sofa, furniture, fridge, appliance, tires, rubble, construction waste, paint cans, chemicals, needles
q-illegal_dumping-what = What is it, mostly?
a-illegal_dumping-what-household = Bags or household trash
a-illegal_dumping-what-furniture = Furniture or appliances
a-illegal_dumping-what-building = Wood, rubble or building waste
a-illegal_dumping-what-tires = Tires or car parts
a-illegal_dumping-what-chemicals = Chemicals, needles or something dangerous
q-illegal_dumping-land = Where does it lie?
a-illegal_dumping-land-street = On a street or sidewalk
a-illegal_dumping-land-park = In a park or by the water
a-illegal_dumping-land-private = On private land
a-illegal_dumping-land-not_sure = I am not sure
q-illegal_dumping-plate = License plate of whoever left it
q-illegal_dumping-plate-hint = Only if you saw it happen. Only the city sees it.

service-tree = Tree trimming or hazard
service-tree-short = Tree
service-tree-description = Branches in the way, dead or fallen trees, and roots that lift the sidewalk.
service-tree-keywords = tree, branch, limb, trim, trimming, prune, pruning, overgrown tree, dead tree, dying tree, fallen tree, tree down, leaning tree, roots, blocked sign, stump, storm damage
q-tree-hazard = It may fall on someone, or it blocks the road
q-tree-hazard-hint = It moves up the queue. Stay away if it touches a wire.
q-tree-problem = What is it about?
a-tree-problem-trim = Branches are in the way
a-tree-problem-branch = A branch is broken or hanging
a-tree-problem-dead = The tree is dead or leans
a-tree-problem-fallen = A tree or branch has fallen
a-tree-problem-roots = Roots lift the sidewalk

service-code_violation = Code violation complaint
service-code_violation-short = Code violation
service-code_violation-description = Property that breaks the city’s rules, such as unsafe buildings or yards full of junk.
service-code_violation-keywords = code violation, code enforcement, complaint, overgrown yard, tall grass, weeds, junk in yard, unsafe building, empty house, building without permit, illegal construction, landlord, no heat, mold, rental, noise, barking dog, loud music
q-code_violation-category = What is it about?
q-code_violation-category-hint = Nobody is told who reported it.
a-code_violation-category-overgrown = An overgrown yard
a-code_violation-category-junk = Junk or trash in a yard
a-code_violation-category-unsafe_building = An unsafe or empty building
a-code_violation-category-no_permit = Building work without a permit
a-code_violation-category-rental = A rented home in bad shape
a-code_violation-category-noise = Noise
a-code_violation-category-other = Something else
q-code_violation-details = What do you see?
q-code_violation-details-hint = What it is, and since when. Only the city reads it.

service-missed_trash = Missed trash pickup
service-missed_trash-short = Missed pickup
service-missed_trash-description = Trash, recycling or garden waste that was not picked up on its day.
service-missed_trash-keywords = missed trash, missed pickup, missed collection, trash, garbage, rubbish, bin, cart, can, not collected, not picked up, not emptied, recycling, compost, yard waste, garden waste, bulky waste
q-missed_trash-what = What was left behind?
a-missed_trash-what-trash = Trash
a-missed_trash-what-recycling = Recycling
a-missed_trash-what-garden = Garden waste
a-missed_trash-what-bulky = Something large
q-missed_trash-day = Which day is your pickup?
q-missed_trash-day-hint = Bins have to be out by 7 in the morning.
a-missed_trash-day-monday = Monday
a-missed_trash-day-tuesday = Tuesday
a-missed_trash-day-wednesday = Wednesday
a-missed_trash-day-thursday = Thursday
a-missed_trash-day-friday = Friday
a-missed_trash-day-not_sure = I am not sure
q-missed_trash-whole_street = The whole street was missed
q-missed_trash-whole_street-hint = Other bins are still full, too.

service-water_leak = Water or sewer problem
service-water_leak-short = Water leak
service-water_leak-description = Leaks, no water, sewage, flooding drains, hydrants and open manholes.
service-water_leak-keywords = water, water leak, leak, leaking, burst pipe, broken pipe, water main, no water, low pressure, sewer, sewage, smell, flood, flooding, storm drain, drain blocked, hydrant, manhole, brown water
q-water_leak-emergency = Someone is in danger, or a building is flooding
q-water_leak-emergency-hint = Call the emergency number first, then send this report.
q-water_leak-what = What is it?
a-water_leak-what-leak = Water comes out of the ground or a pipe
a-water_leak-what-no_water = No water, or hardly any
a-water_leak-what-sewage = Sewage comes up, or it smells
a-water_leak-what-drain = A drain in the street is blocked
a-water_leak-what-hydrant = A hydrant leaks or is broken
a-water_leak-what-cover = A manhole cover is missing
a-water_leak-what-color = The water has a color or a taste

service-sign = Damaged or missing sign
service-sign-short = Sign
service-sign-description = Street and traffic signs that are missing, down, damaged or hidden.
service-sign-keywords = sign, street sign, stop sign, traffic sign, road sign, yield sign, speed limit sign, street name, parking sign, sign down, sign missing, bent, faded, knocked over, sign hidden
q-sign-which = Which sign is it?
a-sign-which-stop = A stop sign
a-sign-which-traffic = Another traffic sign
a-sign-which-street_name = A street name
a-sign-which-parking = A parking sign
a-sign-which-other = Something else
q-sign-problem = What is wrong with it?
a-sign-problem-missing = It is missing
a-sign-problem-down = It is down or leans
a-sign-problem-damaged = It is damaged or faded
a-sign-problem-hidden = Something hides it

service-park_maintenance = Park maintenance
service-park_maintenance-short = Park
service-park_maintenance-description = Playgrounds, benches, grass, paths, restrooms and bins in the city’s parks.
service-park_maintenance-keywords = park, playground, swing, slide, bench, picnic table, grass, lawn, mowing, path, trail, restroom, toilet, drinking fountain, litter, bin full, fence, ball field
q-park_maintenance-what = What is it about?
a-park_maintenance-what-playground = A playground
a-park_maintenance-what-bench = A bench or table
a-park_maintenance-what-grass = Grass or plants
a-park_maintenance-what-path = A path or steps
a-park_maintenance-what-restroom = A restroom or fountain
a-park_maintenance-what-litter = Litter or a full bin
a-park_maintenance-what-other = Something else
q-park_maintenance-hazard = Someone could be hurt
q-park_maintenance-hazard-hint = It moves up the queue.

service-other = Something else
service-other-short = Something else
service-other-description = Anything that is not in this list; City Hall passes it on.
service-other-keywords = other, something else, not in the list, anything, question, request, help, general, feedback, idea, do not know, not sure
q-other-what = What needs mending?
q-other-what-hint = Only the city reads this. It finds who can help.

asset-streetlight = Streetlight
asset-hydrant = Hydrant
asset-catch_basin = Street drain
asset-bench = Bench
asset-playground = Playground
asset-restroom = Restroom
asset-stop_sign = Stop sign
asset-traffic_signal = Traffic light
asset-litter_bin = Litter bin
asset-street_tree = Street tree

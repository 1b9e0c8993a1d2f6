"""What a school lets its colleagues state until it makes a version of its own: Dutch, as data. Not confirmed by a lawyer.

Each paragraph is one the school can point to: B 7 (confidentiality), A and B, foreword (instruction), AVG art. 29, 32(4), 33.
"""

DEFAULT_TEXTS = {
    "confidentiality": """\
Ik werk met gegevens van cursisten, collega's en contactpersonen van deze school. Ik houd die gegevens geheim.

Ik kijk alleen naar gegevens die ik voor mijn werk nodig heb. Ik kijk niet uit nieuwsgierigheid, ook niet naar gegevens van \
mensen die ik ken. Ik weet dat de school vastlegt wie welk dossier opent.

Ik geef gegevens alleen aan mensen die ze voor hun werk bij deze school nodig hebben, of als de school dat heeft afgesproken \
of de wet het eist. Bij twijfel vraag ik het eerst aan de functionaris gegevensbescherming.

Wat ik weet over gezondheid, verblijf, familie of geld van een cursist vertel ik aan niemand buiten de school.

Deze plicht blijft gelden als ik hier niet meer werk.""",
    "instruction": """\
Ik heb uitleg gekregen over de bescherming van persoonsgegevens. Ik weet waar ik het privacyreglement van de school vind.

Ik gebruik alleen mijn eigen account. Ik deel mijn wachtwoord, mijn code of mijn apparaat met niemand en ik meld mij af als ik \
wegloop.

Ik zet geen gegevens van cursisten in appgroepen, in eigen lijstjes, op een eigen telefoon of in een programma dat de school \
niet heeft goedgekeurd.

Ik schrijf in KVS alleen op wat nodig is, zonder oordeel en zonder medische informatie.

Papieren met namen berg ik achter slot op. Ik vernietig ze als ze niet meer nodig zijn.

Gaat er iets mis met gegevens, of denk ik dat? Dan meld ik het meteen via "Datalek melden" in het menu achter mijn naam.

Vraagt iemand naar de eigen gegevens? Dan geef ik de vraag dezelfde dag door.""",
}

"""What is said under each code, in Welsh. Names stand where they need no mutation."""

from collections.abc import Mapping
from typing import Final

from services.notification.domain.english import ENGLISH
from services.notification.domain.wording import Frame, Wording

FRAME: Final = Frame(
    urgent="Brys: {subject}",
    emergency="Argyfwng: {subject}",
    todo="Beth i'w wneud",
    reference="Cyfeirnod",
    open="Agorwch ef",
    sign_in=(
        "Rhaid mewngofnodi i'w weld: nid ydym yn anfon manylion personol drwy e-bost,"
        " ac ni ddylech chithau."
    ),
    choices="I ddewis beth sy'n cael ei anfon yma",
    digest="Eich crynodeb: {count} hysbysiad",
    digest_one="Eich crynodeb: 1 hysbysiad",
    stop="I beidio â chael crynodeb nac e-bost arferol mwyach",
    covering=(
        "Rydych yn cael hwn am eich bod yn cyflenwi dros gydweithiwr sydd i ffwrdd."
        " Mae eich hysbysiadau yn dweud dros bwy."
    ),
    covering_text="Rydych yn cyflenwi dros gydweithiwr.",
    service="y gwasanaeth",
    organisation="y sefydliad arall",
)
_SAID: Final[Mapping[str, tuple[str, str, str]]] = {
    "something-changed": (
        "Mae trosglwyddiad wedi newid",
        "Newidiodd rhywbeth am drosglwyddiad rhyngoch chi a {organisation}.",
        "Agorwch yr atgyfeiriad i weld sut y mae pethau.",
    ),
    "handoff-requested": (
        "Atgyfeiriad newydd i {service}",
        "Mae {organisation} yn gofyn i {service} dderbyn rhywun.",
        "Agorwch ef a'i gydnabod erbyn {until}.",
    ),
    "disclosure-stopped": (
        "Peidiwch â defnyddio'r hyn a ddywedwyd wrthych ar gyfer {service}",
        "Mae {organisation} yn dweud wrthych fod cydsyniad rhywun wedi dod i ben neu wedi'i gyfyngu.",
        "Agorwch yr atgyfeiriad i weld beth a gaewyd. Peidiwch â'i ddefnyddio, a dilëwch bob copi.",
    ),
    "person-said-stop": (
        "Mae rhywun a atgyfeiriwyd gennych i {service} wedi dweud stop",
        "Nid yw am i ddim gael ei rannu amdano mwyach. Dywedwyd wrth bawb na chaiff ddarllen ymlaen.",
        "Agorwch yr atgyfeiriad, siaradwch â'r person, a chanslwch yr hyn na ddylai barhau.",
    ),
    "person-said-stop-here": (
        "Mae rhywun a atgyfeiriwyd i {service} wedi dweud stop",
        "Nid yw am rannu dim mwyach. Dywedwyd wrthych ar sail arall, felly cewch ddarllen ymlaen.",
        "Agorwch yr atgyfeiriad, a chytunwch â {organisation} beth sy'n parhau.",
    ),
    "advice-asked": (
        "Cwestiwn i {service}",
        "Mae {organisation} yn gofyn am gyngor, heb atgyfeiriad.",
        "Agorwch y cwestiwn a'i ateb.",
    ),
    "advice-answered": (
        "Mae {service} wedi ateb",
        "Mae {organisation} wedi ateb yr hyn a ofynnoch heb atgyfeiriad.",
        "Agorwch yr ateb: gofynnwch ymhellach, caewch ef, neu trowch ef yn atgyfeiriad.",
    ),
    "advice-closed": (
        "Caewyd cwestiwn i {service}",
        "Mae {organisation} wedi'i gau: nid oes dim yn dilyn.",
        "Nid oes angen i chi wneud dim.",
    ),
    "advice-turned-into-referral": (
        "Trowyd cwestiwn i {service} yn atgyfeiriad",
        "Mae {organisation} yn gwneud atgyfeiriad o'ch ateb, atoch chi neu at rywun arall.",
        "Os yw i chi, bydd yn aros yn y mewnflwch unwaith y'i hanfonir.",
    ),
    "contact-rules-corrected": (
        "Mae'r ffordd ddiogel o gysylltu â rhywun wedi newid, ar gyfer {service}",
        "Mae {organisation} wedi cywiro'r hyn na ddylai byth ddigwydd wrth gysylltu â rhywun.",
        "Agorwch yr atgyfeiriad cyn cysylltu â'r person eto.",
    ),
    "pack-corrected": (
        "Cywirwyd manylion atgyfeiriad i {service}",
        "Mae {organisation} wedi cywiro pwy yw person, neu sut i gysylltu â nhw.",
        "Agorwch yr atgyfeiriad i weld beth sy'n wahanol, a chywirwch bob copi.",
    ),
    "disclosure-reopened": (
        "Cewch ddarllen atgyfeiriad i {service} eto",
        "Mae {organisation} yn dweud wrthych fod y person wedi cytuno eto i'r hyn a ddywedwyd wrthych.",
        "Nid oes angen gwneud dim: agorwch yr atgyfeiriad pan fydd ei angen arnoch.",
    ),
    "glass-broken": (
        "Defnyddiodd rhywun fynediad brys i atgyfeiriad o'ch eiddo",
        "Mae gweithiwr na ddywedwyd wrtho yn darllen atgyfeiriad gennych i {service}, tan {until}.",
        "Gwelwch yn y cofnod archwilio pwy ydyw a pham. Os na ddylai, dywedwch wrth eich gwarcheidwad.",
    ),
    "handoff-acknowledged": (
        "Mae {service} wedi gweld eich atgyfeiriad",
        "Mae {organisation} wedi cydnabod yr atgyfeiriad i {service}.",
        "Nid oes angen gwneud dim: byddant yn gofyn neu'n ateb nesaf.",
    ),
    "information-requested": (
        "Mae {service} yn gofyn cwestiwn i chi",
        "Mae angen i {organisation} wybod rhagor cyn i {service} allu ateb.",
        "Darllenwch y cwestiwn a'i ateb: mae'r atgyfeiriad yn aros amdanoch.",
    ),
    "information-answered": (
        "Mae eich cwestiwn wedi'i ateb",
        "Mae {organisation} wedi ateb eich cwestiwn am atgyfeiriad i {service}.",
        "Darllenwch yr ateb a phenderfynwch erbyn {until}.",
    ),
    "handoff-accepted": (
        "Mae {service} wedi derbyn eich atgyfeiriad",
        "Mae {organisation} yn derbyn y person yn {service}.",
        "Nid oes angen gwneud dim nawr: cewch glywed pan gedwir lle neu pan ddechreua'r gwaith.",
    ),
    "handoff-rejected": (
        "Mae {service} wedi gwrthod eich atgyfeiriad",
        "Nid yw {organisation} yn derbyn y person yn {service}.",
        "Darllenwch y rheswm, yna anfonwch yr atgyfeiriad i wasanaeth arall neu ei gau.",
    ),
    "handoff-waitlisted": (
        "Ar restr aros {service}",
        "Mae {organisation} wedi derbyn yr atgyfeiriad; nid oes lle yn {service} eto.",
        "Gwnewch yn siŵr ei bod yn ddiogel i'r person aros. Cewch glywed pan gedwir lle.",
    ),
    "place-held": (
        "Mae lle yn {service} wedi'i gadw",
        "Mae lle yn {service} wedi'i gadw i berson a atgyfeiriwyd gan {organisation}.",
        "Cytunwch ar y dechrau gyda {organisation} cyn {until}, yna cofnodwch ef.",
    ),
    "handoff-offered": (
        "Mae {service} yn cadw lle i'ch atgyfeiriad",
        "Mae {organisation} yn cadw lle yn {service} tan {until}.",
        "Cytunwch ar y dechrau gyda nhw cyn hynny, neu aiff y lle i'r person nesaf.",
    ),
    "place-lapsed": (
        "Ni chymerwyd lle a gadwyd yn {service}",
        "Mae'r lle a gadwyd i berson a atgyfeiriwyd gan {organisation} wedi mynd; mae'n aros eto.",
        "Holwch {organisation} pam, ac a yw'r person am gael y lle o hyd.",
    ),
    "offer-lapsed": (
        "Ni chymerwyd y lle yn {service} mewn pryd",
        "Mae'r cynnig gan {organisation} wedi dod i ben; mae'r person yn aros eto.",
        "Dywedwch wrth {organisation} a yw'r person am gael y lle o hyd.",
    ),
    "handoff-started": (
        "Mae {service} wedi dechrau",
        "Mae {organisation} wedi dechrau gweithio gyda'r person yn {service}.",
        "Trosglwyddwch yr hyn sydd gennych o hyd, yna caewch eich rhan chi.",
    ),
    "handoff-put-on-hold": (
        "Mae {service} wedi oedi",
        "Mae {organisation} wedi gohirio'r trosglwyddiad i {service}.",
        "Darllenwch y rheswm a gweld a allwch helpu iddo fynd ymlaen.",
    ),
    "handoff-resumed": (
        "Mae {service} yn mynd ymlaen",
        "Mae {organisation} wedi ailddechrau'r gwaith yn {service}.",
        "Nid oes angen gwneud dim.",
    ),
    "handoff-completed": (
        "Mae {service} wedi gorffen",
        "Mae {organisation} wedi cwblhau ei ran yn {service}.",
        "Agorwch yr atgyfeiriad i weld y canlyniad a'r hyn sy'n dilyn.",
    ),
    "handoff-failed": (
        "Mae {service} wedi dod i ben yn gynnar",
        "Daeth {organisation} â'i ran yn {service} i ben heb ei chwblhau.",
        "Darllenwch y rheswm a phenderfynwch pwy sy'n derbyn y person nawr.",
    ),
    "handoff-cancelled": (
        "Canslwyd trosglwyddiad i {service}",
        "Tynnwyd yn ôl y trosglwyddiad i {service} rhyngoch chi a {organisation}.",
        "Darllenwch y rheswm. Rhowch y gorau i unrhyw baratoi ar ei gyfer.",
    ),
    "request-expired": (
        "Mae atgyfeiriad i {service} wedi dod i ben",
        "Ni atebwyd mewn pryd atgyfeiriad gan {organisation} i {service}.",
        "Ni ellir ei dderbyn mwyach. Gofynnwch i {organisation} ei anfon eto os gallwch helpu.",
    ),
    "handoff-expired": (
        "Nid atebodd {service} mewn pryd",
        "Mae eich atgyfeiriad i {service} wedi dod i ben: ni chafwyd ateb gan {organisation}.",
        "Anfonwch yr atgyfeiriad eto neu i wasanaeth arall.",
    ),
    "handoff-entered-in-error": (
        "Anfonwyd atgyfeiriad i {service} mewn camgymeriad",
        "Dywed {organisation} na ddylid bod wedi anfon ei atgyfeiriad i {service}.",
        "Peidiwch â gweithredu arno, a dilëwch bob copi ohono.",
    ),
    "message-sent": (
        "Neges am atgyfeiriad i {service}",
        "Mae {organisation} wedi ysgrifennu atoch am atgyfeiriad i {service}.",
        "Agorwch yr atgyfeiriad i'w darllen.",
    ),
    "attachment-added": (
        "Ffeil am atgyfeiriad i {service}",
        "Mae {organisation} wedi ychwanegu ffeil at atgyfeiriad i {service}.",
        "Agorwch yr atgyfeiriad i'w darllen.",
    ),
    "appointment-made": (
        "Apwyntiad yn {service}",
        "Mae {organisation} wedi gwneud apwyntiad yn {service} ar gyfer {until}.",
        "Agorwch yr atgyfeiriad i weld ble, a'i roi yn eich calendr.",
    ),
    "appointment-cancelled": (
        "Canslwyd apwyntiad yn {service}",
        "Mae {organisation} wedi canslo'r apwyntiad yn {service} ar gyfer {until}.",
        "Gwnewch yn siŵr nad oes neb yn cychwyn iddo.",
    ),
    "acknowledge-due": (
        "Mae atgyfeiriad i {service} yn aros i'w gydnabod",
        "Dylid bod wedi cydnabod atgyfeiriad gan {organisation} erbyn {until}.",
        "Agorwch ef a'i gydnabod.",
    ),
    "acknowledge-due-elsewhere": (
        "Nid yw {service} wedi cydnabod eich atgyfeiriad",
        "Dylai {organisation} fod wedi'i gydnabod erbyn {until}.",
        "Ffoniwch {organisation}, neu anfonwch yr atgyfeiriad i wasanaeth arall.",
    ),
    "answer-due": (
        "Mae atgyfeiriad i {service} yn aros am ateb",
        "Dylid bod wedi ateb atgyfeiriad gan {organisation} erbyn {until}.",
        "Agorwch ef a'i dderbyn, gofyn, neu ei wrthod gyda rheswm.",
    ),
    "answer-due-elsewhere": (
        "Nid yw {service} wedi ateb eich atgyfeiriad",
        "Dylai {organisation} fod wedi ateb erbyn {until}.",
        "Ffoniwch {organisation}, neu anfonwch yr atgyfeiriad i wasanaeth arall.",
    ),
    "review-due": (
        "Mae adolygiad yn {service} yn ddyledus",
        "Dylid adolygu lleoliad y gofynnodd {organisation} amdano erbyn {until}.",
        "Cynhaliwch yr adolygiad a chynlluniwch ble'r aiff y person nesaf.",
    ),
    "review-due-elsewhere": (
        "Mae adolygiad yn {service} yn hwyr",
        "Dylai {organisation} fod wedi adolygu'r lleoliad erbyn {until}.",
        "Gofynnwch i {organisation} pryd y bydd yr adolygiad, a chymerwch ran ynddo.",
    ),
    "stay-due": (
        "Mae arhosiad yn {service} wedi cyrraedd ei ddiwedd",
        "Roedd lleoliad y gofynnodd {organisation} amdano i ddod i ben erbyn {until}.",
        "Cwblhewch ef, neu cofnodwch pam y mae angen y lle ar y person o hyd.",
    ),
    "stay-due-elsewhere": (
        "Mae arhosiad yn {service} yn hwy nag y cytunwyd",
        "Roedd y lleoliad gyda {organisation} i ddod i ben erbyn {until}.",
        "Cytunwch gyda {organisation} ble'r aiff y person nesaf.",
    ),
    "deadline-due": (
        "Aeth terfyn amser yn {service} heibio",
        "Roedd rhywbeth y mae {organisation} yn aros amdano yn ddyledus erbyn {until}.",
        "Agorwch yr atgyfeiriad a gwnewch yr hyn sy'n ddyledus.",
    ),
    "deadline-due-elsewhere": (
        "Methodd {service} derfyn amser",
        "Roedd {organisation} i weithredu erbyn {until}.",
        "Ffoniwch {organisation}.",
    ),
    "place-refused": (
        "Ni ellid rhoi lle yn {service}",
        "Ni allai'r llyfr lleoedd gadw na rhoi lle yn {service} fel y gofynnwyd.",
        "Agorwch yr atgyfeiriad a phenderfynwch o'r newydd: gwiriwch leoedd y gwasanaeth yn y cyfeiriadur.",
    ),
    "tampering-found": (
        "Nid yw'r cofnod archwilio yn cyfateb i'w bwynt gwirio llofnodedig",
        "Canfu hunanwiriad y cofnod archwilio gofnodion a newidiwyd ar ôl eu llofnodi.",
        "Stopiwch, cadwch bopeth fel y mae, a gwiriwch y cofnod o fwndel sydd gennych.",
    ),
    "account-opened": (
        "Caiff rhywun newydd fewngofnodi dros eich sefydliad",
        "Agorwyd cyfrif i weithiwr o'ch sefydliad.",
        "Os na wyddoch amdano, gofynnwch pwy a'i hagorodd: mae eu cyfeirnod yn y cofnod archwilio.",
    ),
    "role-changed": (
        "Mae gan rywun yn eich sefydliad rôl arall",
        "Newidiwyd yr hyn y caiff gweithiwr o'ch sefydliad ei wneud, a daeth ei sesiynau i ben.",
        "Os na wyddoch amdano, gofynnwch pwy a'i newidiodd: mae eu cyfeirnod yn y cofnod archwilio.",
    ),
    "account-closed": (
        "Ni chaiff rhywun fewngofnodi dros eich sefydliad mwyach",
        "Caewyd cyfrif gweithiwr o'ch sefydliad, a daeth ei sesiynau i ben.",
        "Gwiriwch pwy sy'n ateb am ei atgyfeiriadau, pwy sy'n cyflenwi dros bwy, ac aelodau eich timau.",
    ),
    "your-role-changed": (
        "Mae gennych rôl arall",
        "Newidiwyd yr hyn y cewch ei wneud dros eich sefydliad.",
        "Mewngofnodwch eto. Os na wyddoch pam, gofynnwch i arweinydd eich tîm.",
    ),
    "system-let-in": (
        "Caiff system weithredu dros eich sefydliad",
        "Rhoddwyd manylion mynediad i system sy'n darllen ac yn anfon dros eich sefydliad.",
        "Os na wyddoch amdani, gofynnwch i weithredwr ei chau allan ar unwaith.",
    ),
    "system-renewed": (
        "Mae gan system o'ch sefydliad gyfrinach newydd",
        "Disodlwyd cyfrinach system o'ch sefydliad: nid yw'r hen un yn agor dim.",
        "Os na wyddoch amdani, gofynnwch i weithredwr ei chau allan ar unwaith.",
    ),
    "system-shut-out": (
        "Caewyd system o'ch sefydliad allan",
        "Ni chaiff system weithredu dros eich sefydliad mwyach.",
        "Os oes rhaid i'w gwaith barhau, gofynnwch i weithredwr adael un arall i mewn.",
    ),
    "webhook-failing": (
        "Nid yw un o'ch bachau gwe yn ateb",
        "Methodd pedwar cynnig yn olynol, dros fwy na hanner awr. Daliwn ati am dri diwrnod.",
        (
            "Edrychwch yn ei gofnod danfon. Nes iddo ateb, caiff eich blwch post yr hyn sy'n aros amdano"
            " a'r hyn y byddai wedi'i glywed. Gellir ailanfon yr hyn a gollodd o'r un dudalen."
        ),
    ),
    "webhook-disabled": (
        "Diffoddwyd un o'ch bachau gwe",
        (
            "Atebodd ei gyfeiriad ei fod wedi mynd am byth (410), felly nid anfonir dim yno. Caiff eich"
            " blwch post yr hyn a oedd yn aros amdano a'r hyn y byddai wedi'i glywed."
        ),
        "Gwiriwch y cyfeiriad, trowch y pwynt ymlaen eto, ac ailanfonwch yr hyn a gollodd.",
    ),
}
WELSH: Final[Mapping[str, Wording]] = {
    code: Wording(subject=subject, happened=happened, todo=todo, page=ENGLISH[code].page)
    for code, (subject, happened, todo) in _SAID.items()
}
"""Every wording by its code."""

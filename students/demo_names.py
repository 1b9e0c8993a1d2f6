"""Invented names of the demo school, by origin; in Latin letters, as the Dutch register of persons writes them."""

from typing import NamedTuple


class Background(NamedTuple):
    """Names of one language. Each list is separated by commas; in a surname "van den|Berg" has a prefix."""

    country: str
    nationality: str
    language: str  # ISO 639-3
    birth_place: str
    women: str
    men: str
    surnames: str


BACKGROUNDS = {
    "arabic": Background(
        "Syrië", "Syrische", "ara", "Homs",
        "Rania, Nour, Huda, Amal, Samar, Ghada", "Mohamad, Abdulrahman, Khaled, Yousef, Anas, Bilal",
        "Al Masri, Haddad, Al-Khatib, Darwish, Abu Zeid, Bin Yousef Al Halabi",
    ),
    "arabic_maghreb": Background(
        "Marokko", "Marokkaanse", "ara", "Nador",
        "Khadija, Naïma, Loubna, Fatima-Zahra", "Abdelhak, Noureddine, Saïd, El Houssaine",
        "el|Idrissi, Ben Haddou, Aït Lahcen, Bouzambou",
    ),
    "tigrinya": Background(
        "Eritrea", "Eritrese", "tir", "Keren",
        "Selam, Rahwa, Feven, Bisrat, Mihret", "Filmon, Merhawi, Yonas, Tesfalem, Samiel",
        "Tekle, Gebremeskel, Woldegabriel, Habtemariam, Kidane, Weldeslasie",
    ),
    "turkish": Background(
        "Turkije", "Turkse", "tur", "Malatya",
        "Ayşe, Gülşen, Özlem, Büşra", "Çağlar, Oğuz, İbrahim, Hüseyin",
        "Şahinoğlu, Öztürk, Çelikbaş, Güneşli, Işık",
    ),
    "kurdish": Background(
        "Irak", "Iraakse", "ckb", "Duhok",
        "Shîlan, Nesrîn, Berîvan, Rojda", "Azad, Dilovan, Serbest, Hêvar",
        "Hesso, Barzinji, Mîro, Xalid Omer",
    ),
    "dari": Background(
        "Afghanistan", "Afghaanse", "prs", "Mazar-e Sharif",
        "Shukria, Nilofar, Marzia, Parwana", "Najibullah, Hamidullah, Reza, Mirwais",
        "Rahimi, Noorzai, Haidari, Sultani",
    ),
    "persian": Background(
        "Iran", "Iraanse", "fas", "Shiraz",
        "Mahnaz, Shirin, Elaheh", "Behrouz, Farhad, Dariush",
        "Mohammadzadeh-Tehrani, Karimi Nejad, Ghorbani, Rostami",
    ),
    "somali": Background(
        "Somalië", "Somalische", "som", "Kismaayo",
        "Hodan, Ifrah, Sahra, Deeqa", "Abdirisaaq, Liibaan, Mahad, Cabdi",
        "Warsame Guuleed, Xasan Faarax, Nuur Cilmi, Jaamac Aadan",
    ),
    "ukrainian": Background(
        "Oekraïne", "Oekraïense", "ukr", "Charkiv",
        "Oksana, Nataliia, Yuliia, Zoriana", "Andrii, Serhii, Taras, Volodymyr",
        "Kovalenko, Tymoshchuk, Zavhorodnii, Bondarchuk, Lysychenko",
    ),
    "polish": Background(
        "Polen", "Poolse", "pol", "Łomża",
        "Małgorzata, Grażyna, Żaneta, Aneta", "Sławomir, Łukasz, Zbigniew, Michał",
        "Dąbek, Wróbel, Gołąb, Ślązak, Brzęczyszczykiewicz",
    ),
    "portuguese": Background(
        "Brazilië", "Braziliaanse", "por", "Belém",
        "Conceição, Luíza, Inês", "João, Antônio, Sebastião",
        "Gonçalves Araújo, da|Silva Magalhães, dos|Santos Leitão, Simões",
    ),
    "spanish": Background(
        "Colombia", "Colombiaanse", "spa", "Popayán",
        "María José, Ximena, Itziar", "José Ángel, Íñigo, Andrés",
        "Muñoz Ibáñez, Peña García, de la|Cruz Núñez, Quiñones Gómez",
    ),
    "vietnamese": Background(
        "Vietnam", "Vietnamese", "vie", "Đà Nẵng",
        "Thị Hồng Nhung, Thị Ánh Nguyệt, Thuỳ Dương", "Văn Đức, Quốc Bảo, Hữu Phước",
        "Nguyễn, Trần, Phạm, Đặng",
    ),
    "ghanaian": Background(
        "Ghana", "Ghanese", "eng", "Kumasi",
        "Akosua, Abena, Esi", "Kwabena, Yaw, Kofi",
        "Owusu-Ansah, Boakye Yiadom, Adjei, Nyarko",
    ),
    "chinese": Background(
        "China", "Chinese", "zho", "Wenzhou",
        "Xiaoling, Meiyu, Jiaxin", "Zhiqiang, Haoran, Jianguo",
        "Ouyang, Lü, Zheng, Xu",
    ),
    "indonesian": Background(
        "Indonesië", "Indonesische", "ind", "Semarang",
        "Siti, Dewi, Ni Luh Ayu", "Budi, I Wayan, Agus",
        "de|Wit-Wulandari, van 't|Hof-Lestari, Siregar, in 't|Veld-Hutapea",
    ),
}  # fmt: skip
FLED = ("arabic", "tigrinya", "turkish", "kurdish", "dari", "persian", "somali", "arabic", "tigrinya")  # the largest twice
FAMILY = ("arabic_maghreb", "vietnamese", "ghanaian", "chinese", "indonesian", "turkish", "spanish")
FREE = ("polish", "portuguese", "spanish", "ukrainian", "polish", "ukrainian")
# Whoever designs a list meets these: one name only, two letters, and names longer than any column. They come first.
ODD_NAMES = {
    "dari": (("f", "", "Zarghuna"), ("m", "", "Rahmatullah")),
    "indonesian": (("f", "", "Suharti"), ("f", "Siti", "van den|Berg-Rahayu")),
    "chinese": (("m", "Ai", "O"),),
    "portuguese": (("f", "Maria da Conceição Fernanda", "de|Albuquerque Vasconcelos e Sousa-Guimarães"),),
    "spanish": (("f", "María de los Ángeles Guadalupe", "Fernández-Montesinos Echeverría"),),
    "tigrinya": (("m", "Tesfamichael", "Weldegebriel Gebrehiwet-Habteselassie Woldemariam"),),
}

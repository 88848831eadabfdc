"""Given names of the demo's parents: mothers' and fathers' of each culture in ``names.CULTURES``, in its order."""

# ruff: noqa: E501, RUF001 - a line is a culture; names are written in their own letters
from __future__ import annotations


def _given(mothers: str, fathers: str) -> dict[str, tuple[str, ...]]:
    return {"mother": tuple(mothers.split(", ")), "father": tuple(fathers.split(", "))}


GIVEN = (
    _given("Alison, Gillian, Joanne, Louise, Rachel, Sarah", "Andrew, Graham, Ian, Neil, Simon, Stephen"),
    _given("Bernadette, Deirdre, Fionnuala, Maeve, Orla, Sinéad", "Brendan, Declan, Eamon, Fergal, Padraig, Séamus"),
    _given("Anja, Esther, Ingrid, Marieke, Saskia, Wilma", "Bas, Erik, Gerrit, Hendrik, Maarten, Wouter"),
    _given("Ana Belén, Carmen, Marisol, Mercedes, Pilar, Remedios", "Alfonso, Emilio, Javier, José Luis, Ramón, Vicente"),
    _given("Thị Hoa, Kim Oanh, Thị Liên, Bích Thủy, Thu Trang", "Văn Hùng, Quốc Dũng, Đình Phong, Văn Thành, Xuân Trường"),
    _given("丽华|Lihua, 秀英|Xiuying, 玉兰|Yulan, 晓燕|Xiaoyan, 淑芬|Shufen", "建国|Jianguo, 志强|Zhiqiang, 国华|Guohua, 永明|Yongming"),
    _given("Amarachi, Chinwe, Ngozi, Nneka, Obiageli, Uchechi", "Chinedu, Emeka, Ifeanyi, Kelechi, Nnamdi, Okechukwu"),
    _given("Anjali, Kavita, Lakshmi, Rekha, Sunita, Usha", "Arvind, Dinesh, Mahesh, Rajesh, Sanjay, Vijay"),
    _given("Birgit, Claudia, Heike, Kerstin, Petra, Ulrike", "Dieter, Frank, Jürgen, Matthias, Rainer, Volker"),
    _given("Danuta, Ewa, Halina, Iwona, Katarzyna, Renata", "Andrzej, Dariusz, Grzegorz, Krzysztof, Marek, Tomasz"),
    _given("Ayten, Emine, Fatma, Nurgül, Sevgi, Zeynep", "Ahmet, Hakan, Kemal, Mehmet, Orhan, Yusuf"),
    _given("Fatima, Huda, Leila, Nadia, Rania, Salma", "Ahmad, Hassan, Karim, Mahmoud, Omar, Samir"),
    _given("Aparecida, Cláudia, Fernanda, Márcia, Patrícia, Rosângela", "Antônio, Carlos, José, Marcelo, Paulo, Sérgio"),
    _given("Ганна|Hanna, Ірина|Iryna, Людмила|Liudmyla, Оксана|Oksana", "Андрій|Andrii, Віктор|Viktor, Микола|Mykola, Тарас|Taras"),
    _given("Eun-ju, Hye-jin, Kyung-hee, Mi-kyung, Soo-jin", "Dong-hyun, Jae-sung, Kwang-ho, Sang-woo, Young-min"),
)  # fmt: skip

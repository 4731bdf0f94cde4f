"""Names of countries and regions in Chinese and English, with their calling codes.

A line has the ISO 3166-1 code, the calling code, and the names in lower case, separated by commas. The first Chinese
and the first English name and the codes are those of phonenumbers 9.0.43.
"""

COUNTRY_NAMES = """\
AD 376 安道尔,andorra
AE 971 阿拉伯联合酋长国,united arab emirates,阿联酋,uae
AF 93 阿富汗,afghanistan
AG 1 安提瓜和巴布达,antigua and barbuda
AI 1 安圭拉,anguilla
AL 355 阿尔巴尼亚,albania
AM 374 亚美尼亚,armenia
AO 244 安哥拉,angola
AR 54 阿根廷,argentina
AS 1 东萨摩亚,american samoa
AT 43 奥地利,austria
AU 61 澳大利亚,australia,澳洲,aus
AW 297 阿鲁巴,aruba
AX 358 奥兰群岛,åland islands
AZ 994 阿塞拜疆,azerbaijan
BA 387 波斯尼亚和黑山共和国,bosnia and herzegovina,波黑
BB 1 巴巴多斯,barbados
BD 880 孟加拉,bangladesh,孟加拉国
BE 32 比利时,belgium
BF 226 布基纳法索,burkina faso
BG 359 保加利亚,bulgaria
BH 973 巴林,bahrain
BI 257 布隆迪,burundi
BJ 229 贝宁,benin
BL 590 圣巴泰勒米岛,saint barthélemy
BM 1 百慕大,bermuda
BN 673 文莱,brunei
BO 591 玻利维亚,bolivia
BR 55 巴西,brazil
BS 1 巴哈马,bahamas
BT 975 不丹,bhutan
BW 267 博茨瓦纳,botswana
BY 375 白俄罗斯,belarus
BZ 501 伯里兹,belize,伯利兹
CA 1 加拿大,canada,can
CC 61 科库斯群岛,cocos islands
CD 243 刚果民主共和国,the democratic republic of congo,刚果金,刚果(金)
CF 236 中非共和国,central african republic
CG 242 刚果,congo,刚果布,刚果(布)
CH 41 瑞士,switzerland
CI 225 象牙海岸,côte d'ivoire,科特迪瓦,ivory coast
CK 682 库克群岛,cook islands
CL 56 智利,chile
CM 237 喀麦隆,cameroon
CN 86 中国,china,中国大陆,中国内地,大陆,内地,中华人民共和国,mainland china,prc,p.r. china,chn
CO 57 哥伦比亚,colombia
CR 506 哥斯达黎加,costa rica
CU 53 古巴,cuba
CV 238 佛得角,cape verde
CW 599 库拉索岛,curaçao
CX 61 圣诞岛,christmas island
CY 357 塞浦路斯,cyprus
CZ 420 捷克共和国,czech republic,捷克,czechia
DE 49 德国,germany,德國
DJ 253 吉布提,djibouti
DK 45 丹麦,denmark
DM 1 多米尼加联邦,dominica
DO 1 多米尼加共和国,dominican republic
DZ 213 阿尔及利亚,algeria
EC 593 厄瓜多尔,ecuador
EE 372 爱沙尼亚,estonia
EG 20 埃及,egypt
EH 212 西撒哈拉,western sahara
ER 291 厄里特尼亚,eritrea,厄立特里亚
ES 34 西班牙,spain
ET 251 埃塞俄比亚,ethiopia
FI 358 芬兰,finland
FJ 679 斐济,fiji
FK 500 富克兰群岛,falkland islands
FM 691 密克罗尼西亚,micronesia
FO 298 法罗群岛,faroe islands
FR 33 法国,france,法國
GA 241 加蓬,gabon
GB 44 英国,united kingdom,英國,uk,u.k.,england,great britain,britain
GD 1 格林纳达,grenada
GE 995 格鲁吉亚,georgia
GF 594 法属圭亚那,french guiana
GG 44 格恩西岛,guernsey
GH 233 加纳,ghana
GI 350 直布罗陀,gibraltar
GL 299 格陵兰,greenland
GM 220 冈比亚,gambia
GN 224 几内亚,guinea
GP 590 瓜德罗普岛,guadeloupe
GQ 240 赤道几内亚,equatorial guinea
GR 30 希腊,greece
GT 502 危地马拉,guatemala
GU 1 关岛,guam
GW 245 几内亚比绍共和国,guinea-bissau,几内亚比绍
GY 592 圭亚那,guyana
HK 852 香港,hong kong,中国香港,香港特区,香港特别行政区,中国香港特别行政区,hongkong,hong kong sar,hkg
HN 504 洪都拉斯,honduras
HR 385 克罗地亚,croatia
HT 509 海地,haiti
HU 36 匈牙利,hungary
ID 62 印度尼西亚,indonesia,印尼
IE 353 爱尔兰,ireland
IL 972 以色列,israel
IM 44 曼岛,isle of man
IN 91 印度,india,ind
IO 246 英属印度洋领地,british indian ocean territory
IQ 964 伊拉克,iraq
IR 98 伊朗,iran
IS 354 冰岛,iceland
IT 39 意大利,italy
JE 44 泽西岛,jersey
JM 1 牙买加,jamaica
JO 962 约旦,jordan
JP 81 日本,japan,jpn
KE 254 肯尼亚,kenya
KG 996 吉尔吉克斯坦,kyrgyzstan,吉尔吉斯斯坦,吉尔吉斯
KH 855 柬埔寨,cambodia,高棉
KI 686 基里巴斯,kiribati
KM 269 科摩罗,comoros
KN 1 圣基茨和尼维斯,saint kitts and nevis
KP 850 朝鲜,north korea,朝鲜民主主义人民共和国
KR 82 韩国,south korea,韓國,南韩,大韩民国,korea,republic of korea
KW 965 科威特,kuwait
KY 1 开曼群岛,cayman islands
KZ 7 哈萨克斯坦,kazakhstan
LA 856 老挝,laos,寮国
LB 961 黎巴嫩,lebanon
LC 1 圣卢西亚,saint lucia
LI 423 列支敦士登,liechtenstein
LK 94 斯里兰卡,sri lanka
LR 231 利比里亚,liberia
LS 266 莱索托,lesotho
LT 370 立陶宛,lithuania
LU 352 卢森堡,luxembourg
LV 371 拉脱维亚,latvia
LY 218 利比亚,libya
MA 212 摩洛哥,morocco
MC 377 摩纳哥,monaco
MD 373 摩尔多瓦,moldova
ME 382 黑山,montenegro
MF 590 圣马丁,saint martin
MG 261 马达加斯加,madagascar
MH 692 马绍尔群岛,marshall islands
MK 389 马其顿王国,macedonia,北马其顿,north macedonia
ML 223 马里,mali
MM 95 缅甸,myanmar,burma
MN 976 蒙古,mongolia,蒙古国,外蒙古
MO 853 澳门特区,macao,澳门,澳門,中国澳门,澳门特别行政区,macau,mac
MP 1 美属北马里亚纳群岛,northern mariana islands
MQ 596 马提尼克岛,martinique
MR 222 毛里塔尼亚,mauritania
MS 1 蒙特塞拉群岛,montserrat
MT 356 马耳他,malta
MU 230 毛里求斯,mauritius
MV 960 马尔代夫,maldives
MW 265 马拉维,malawi
MX 52 墨西哥,mexico
MY 60 马来西亚,malaysia,马来
MZ 258 莫桑比克,mozambique
NA 264 纳米比亚,namibia
NC 687 新克里多尼亚群岛,new caledonia,新喀里多尼亚
NE 227 尼日尔,niger
NF 672 诺福克岛,norfolk island
NG 234 尼日利亚,nigeria
NI 505 尼加拉瓜,nicaragua
NL 31 荷兰,netherlands,holland,the netherlands
NO 47 挪威,norway
NP 977 尼泊尔,nepal
NR 674 瑙鲁,nauru
NU 683 纽埃岛,niue
NZ 64 新西兰,new zealand,纽西兰
OM 968 阿曼,oman
PA 507 巴拿马,panama
PE 51 秘鲁,peru
PF 689 法属玻利尼西亚,french polynesia
PG 675 巴布亚新几内亚,papua new guinea
PH 63 菲律宾,philippines,菲律賓
PK 92 巴基斯坦,pakistan
PL 48 波兰,poland
PM 508 圣皮埃尔和密克隆群岛,saint pierre and miquelon
PR 1 波多黎哥,puerto rico
PS 970 巴勒斯坦,palestine
PT 351 葡萄牙,portugal
PW 680 帕劳,palau
PY 595 巴拉圭,paraguay
QA 974 卡塔尔,qatar
RE 262 留尼汪岛,reunion
RO 40 罗马尼亚,romania
RS 381 塞尔维亚,serbia
RU 7 俄罗斯,russia,俄国,俄联邦,russian federation
RW 250 卢旺达,rwanda
SA 966 沙特阿拉伯,saudi arabia,沙特
SB 677 所罗门群岛,solomon islands
SC 248 塞舌尔群岛,seychelles
SD 249 苏丹,sudan
SE 46 瑞典,sweden
SG 65 新加坡,singapore,星加坡
SH 290 圣赫勒拿岛,saint helena
SI 386 斯洛文尼亚,slovenia
SK 421 斯洛伐克,slovakia
SL 232 塞拉里昂,sierra leone,塞拉利昂
SM 378 圣马力诺,san marino
SN 221 塞内加尔,senegal
SO 252 索马里,somalia
SR 597 苏里南,suriname
SS 211 南苏丹,south sudan
ST 239 圣多美和普林西比,sao tome and principe
SV 503 萨尔瓦多,el salvador
SY 963 叙利亚,syria
SZ 268 斯威士兰,swaziland
TC 1 特克斯群岛和凯科斯群岛,turks and caicos islands
TD 235 乍得,chad
TG 228 多哥,togo
TH 66 泰国,thailand,泰國
TJ 992 塔吉克斯坦,tajikistan
TK 690 联合群岛,tokelau
TL 670 东帝汶,timor-leste
TM 993 土库曼斯坦,turkmenistan
TN 216 突尼斯,tunisia
TO 676 汤加,tonga
TR 90 土耳其,turkey,türkiye,turkiye
TT 1 特立尼达和多巴哥,trinidad and tobago
TV 688 图瓦卢,tuvalu
TW 886 台湾地区,taiwan,台湾,台灣,臺灣,中国台湾,中国台湾省,台湾省,twn
TZ 255 坦桑尼亚,tanzania
UA 380 乌克兰,ukraine
UG 256 乌干达,uganda
US 1 美国,united states,美國,美利坚合众国,usa,u.s.,u.s.a.,america,united states of america
UY 598 乌拉圭,uruguay
UZ 998 乌兹别克斯坦,uzbekistan
VA 39 梵蒂冈,vatican,holy see
VC 1 圣文森特和格林纳丁斯,saint vincent and the grenadines
VE 58 委内瑞拉,venezuela
VG 1 英属维京群岛,british virgin islands
VI 1 美属维京群岛,u.s. virgin islands
VN 84 越南,vietnam,viet nam
VU 678 瓦努阿图,vanuatu
WF 681 瓦利斯群岛和富图纳群岛,wallis and futuna
WS 685 samoa,萨摩亚
XK 383 科索沃,kosovo
YE 967 也门,yemen
YT 262 马约特岛,mayotte
ZA 27 南非,south africa
ZM 260 赞比亚,zambia
ZW 263 津巴布韦,zimbabwe
"""

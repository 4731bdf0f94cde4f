"""Names of persons that are keys, elements, columns or tables: no report text has them, and the rest is shown."""

import io
import sqlite3

import pytest
import xlsxwriter

from pilookup.custody.intake.columns.headers import without_persons
from pilookup.errors import IntakeError
from tests.support.intake.layouts import words

NAMES = ("汪刚", "程霞洋")
PHONES = ("13912345678", "13912345679")


def texts(report) -> str:
    return repr((report.notes, report.columns, report.warnings, list(report.headers)))


FILES = {
    "keys.json": "{" + ",".join(f'"{n}":{{"电话":"{p}"}}' for n, p in zip(NAMES, PHONES, strict=True)) + "}",
    "inner.json": "{" + ",".join(f'"户主.{n}":{{"电话":"{p}"}}' for n, p in zip(NAMES, PHONES, strict=True)) + "}",
    "lists.json": "{" + ",".join(f'"{n}":[["{p}"],["1"]]' for n, p in zip(NAMES, PHONES, strict=True)) + "}",
    "lines.json": "".join(f'{{"{n}":{{"电话":"{p}"}}}}\n' for n, p in zip(NAMES, PHONES, strict=True)),
    "a.xml": "<r><x>"
    + "".join(f"<{n}><电话>{p}</电话></{n}>" for n, p in zip(NAMES, PHONES, strict=True))
    + "</x><x/></r>",
    "two.xml": "<r>" + "".join(f"<{n}><电话>{p}</电话></{n}>" * 2 for n, p in zip(NAMES, PHONES, strict=True)) + "</r>",
    "a.sql": "".join(
        f"CREATE TABLE `{n}` (`电话` text);\nINSERT INTO `{n}` (`电话`) VALUES ('{p}');\n"
        for n, p in zip(NAMES, PHONES, strict=True)
    ),
    "columns.sql": "CREATE TABLE a (`汪刚_电话` text, `程霞洋_电话` text);\n"
    f"INSERT INTO a (`汪刚_电话`, `程霞洋_电话`) VALUES ('{PHONES[0]}', '{PHONES[1]}');\n",
    "a.csv": f"汪刚/电话,程霞洋/电话\n{PHONES[0]},{PHONES[1]}\n",
}


@pytest.mark.parametrize("name", FILES)
def test_no_report_text_has_the_name_of_a_person(load, name):
    outcome = load(name, FILES[name])
    assert {number[2:] for number in outcome.numbers} == set(PHONES)
    assert not [person for person in NAMES if person in texts(outcome.report)]


def test_the_rest_of_a_name_is_shown(load):
    report = load("keys.json", FILES["keys.json"]).report
    assert [column.header for column in report.columns] == ["….电话", "….电话"]
    assert [column.header for column in load("b.json", '[{"用户.电话":"13912345678"}]').report.columns] == ["用户.电话"]


def test_a_warning_gives_the_number_of_a_column_whose_name_is_not_shown_in_full(load):
    rows = ",".join(f'{{"电话":"1381234{at:04}","汪刚.客服电话":"1391234{at:04}"}}' for at in range(9))
    (warning,) = load("a.json", f"[{rows}]").report.warnings
    assert (warning.column, warning.header) == (2, "….客服电话")
    assert "--column phone=2 " in warning.text


def test_tables_of_persons_are_told_apart_by_their_numbers(tmp_path, load_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        for name, phone in zip(NAMES, PHONES, strict=True):
            connection.execute(f'CREATE TABLE "{name}" (phone)')
            connection.execute(f'INSERT INTO "{name}" VALUES ({phone})')
    report = load_path(tmp_path / "a.db").report
    assert [column.location for column in report.columns] == ["a.db table 1 …", "a.db table 2 …"]
    assert not [person for person in NAMES if person in texts(report)]


ORDINARY = """
姓名 电话 手机 手机号 手机号码 联系电话 联系方式 张家口电话 王庄村 王庄村电话 高中电话 金额 石油公司 石油公司电话 马路
万元 金额(万元) 常用手机 方式 支付方式 江苏 江苏电话 宋体 黑体 任务 任务状态 方向 何时 何地 何人 余额 余款 顾客
顾客电话 顾客姓名 付款方 付款方电话 收款方 付款时间 付款金额 许可证号 程序 程度 周期 周一 周末 高级 高考 高校 高血压
高危人群 高速路口 金融机构 金融 白天电话 夜间电话 白班 石家庄 江西 武汉 马上 林业局 林场电话 田间 史料 曾用名 曾用电话
孙子 孙女电话 董事长 董事 万能 段落 龙头 陈述 陈述人 陈述时间 陶瓷 范围 方言 毛重 毛利 钱数 钱款去向 钟点 石材 谢谢
杜绝 胡同 肖像 郑州 徐州 黄金 黄山 黄河路电话 高新区 江北区 金华 金山 马来西亚 韩国 温州 宁波 柳州 桂林 安徽 安全
安装电话 安装地址 成都 成员 成员电话 成立日期 成交金额 时间 时长 时刻 查询时间 查验 单位 单价 单位电话 单号 包裹
包裹单号 车主电话 车牌号 车主 房东电话 边境 申请人 申请人电话 申报 易燃 常住人口 常住地址 常用联系人 常用地址 简称
简介 文化程度 文件名 文号 文本 文书 关系 关系人电话 关联号码 关键字 解除时间 管理员 管理单位 项目 项目名称 左侧 游客
游客电话 席位 华东 明细 欧元 第一联系人 紧急联系人电话 母亲电话 监护人电话 户主 户主电话 受害人 被害人电话 嫌疑人电话
民警电话 办案民警 承办人 承办单位 经办人 审核人 填表人 回访记录 回访人 回访时间 核查情况 核查人 负责人电话 村 组 镇
序号 备注 说明 微信号 QQ号 归属地 运营商 主叫号码 被叫号码 通话时长 通话类型 对方号码 基站 经度 纬度 小区 小组 大队
余票 任课老师 任课老师电话 任职单位 任职时间 任意 李家村 张村 刘家屯 马家镇 石桥镇 江口镇 林口县 黄陂区 白云区 龙华区
罗湖区 曹县 范县 孟津县 沈阳市 汤阴县 高平市 韩城市 邓州 万州区 万宁市 向前 汇款 汇款方 支付宝账号 资金 资金流向 现金
押金 佣金 罚金 奖金 租金 定金 税金 本金 保证金 冻结金额 涉案金额 损失金额 基金 年金 五金店 公积金 户籍 户籍地 籍贯
民族 政治面貌 婚姻状况 健康状况 血型 身高 体重 学历 毕业院校 工作单位 职业 职务 职称 岗位 入职时间 在职 离职 部门 科室
班级 年级 学校 学号 班主任 家长电话 父亲 母亲 配偶 子女 家庭住址 现住址 户籍地址 门牌号 楼栋 单元 房号 房间号 小区名称
物业 物业电话 业主 租户 房东 中介 快递单号 收件人 收件人电话 寄件人 寄件人电话 收货地址 商品 商品名称 数量 单据 价格
总价 优惠 实付 应付 下单时间 付款状态 发货时间 店铺 店铺名称 平台 网站 应用名称 用户名 昵称 注册时间 注册手机 登录IP
最后登录时间 设备型号 品牌 型号 颜色 高度 宽度 长度 温度 湿度 方位 地理位置 石料 马力 马达 雷达 车型 车架号 发动机号
保单号 保险公司 贷款金额 借款人 借款时间 还款日期 逾期天数 催收员 委托方 委托人 甲方 乙方 丙方 第三方 第三方电话
警情编号 警号 案由 案件名称 立案时间 报案人 报案人电话 报警时间 处警情况 简要案情 诈骗类型 涉诈号码 预警时间 预警等级
见面劝阻 劝阻民警 劝阻情况 反馈时间 反馈情况 是否接通 是否被骗 拨打时间 接听情况 未接 打通 空号 停机 机主姓名 机主电话
入网时间 套餐 在网时长 号码归属 高频联系 高频号码 高峰时段 江浙沪 广东 方便 白名单 黑名单 小计 合计 总计 以上 以下 元
万 吨 套 台 国家 国籍 年龄 性别 出生日期 证件类型 证件号码 有效期 签发机关 金卡 银行卡号 开户行 开户名 交易时间
交易金额 交易对手 对手账号 余额(元) 流水号 摘要 小程序 老人 老人电话 小孩电话 小学 中学 大学 初中 幼儿园 施工方
施工单位 施工队电话 洪水 兰州 牛奶 鲁山 齐全 谷物 祝福 左右 涂料 关注 关注人员 重点关注 费用 费用类型 纪检 童装
项目经理 游戏 游戏账号 游戏名称 卫生 卫生院 卫生室电话 景区 景点 单独 柴油 阮 解释 华为 华为账号 华北 文字 时效 时段
冷链 冷库 卓越 车次 车间 车间主任 易拉罐 简历 安监 安保 安保电话 常委 常规 边防 申诉 成绩 成本 成果 成人 查收 包装
单身 关机 关停 关停时间 费率 查控 查扣 明文 盛大 青年 连接方式 于 向 任 万分 千万 林权 林地面积 林木 白条 白酒 史书
龙岩 龙口 夏令营 夏季 秋季 段号 段位 孔径 武器 武警 严重 严重程度 高风险 高风险人员 高等 高层 高管 高管电话 金属 金币
金牌 黄牌 黄标 蓝牌 红名单 马甲 马甲号 石头 江面 汤药 钱包 钱包地址 毛笔 贺卡 贺电 陆运 陆路 顾问 顾问电话 法律顾问
向导 向导电话 导游 郑重 谭 廖 熊猫 彭 沈 崔 吕 韦 于是 曾经 何处 何种 何故 余下 叶片 田地 田亩 田块 石膏 白色 黄色
金色 红色 卢 龙泉 龙湾 周边 周围 周岁 周转 周报 周年 江湖 付方 付讫 付清 任命 任期 任免 任教 方案 方法 方面 万人 万次
高低 高额 高价 高薪 高利贷 高龄 高龄老人 高铁 程控 王者荣耀 王者账号 武装 武装部 武装部长 张贴 张数 单张 陈列 陈年
钟表 宋代 唐代 许可 许多 姜汁 胡须 朱红 杨梅 杨树 吴语 郭 蔡 丁类 丁字路 田径 白卡 白领 龙卡 金穗卡 牡丹卡 长城卡 余杭
萧山 萧山区 上饶 石狮 石首 江门 江阴 江宁 江都 江津 金坛 金堂 金湖 金昌 金沙 马尾 马关 林芝 林州 高邮 高密 高唐 高要
高安 高州 黄石 黄骅 黄岩 武安 武威 武夷山 武进 汪清 孟州 贾汪 潘集 彭州 彭水 梁平 梁园 董监高 开户城市 最高金额
最高学历 提高 新高 最高 吸金 充值金 万国 现任 前任 前任电话 继任 责任人 责任人电话 责任民警 责任单位 主任 主任电话
担任职务 信任 历任 连任 班任 委任 兼任 上任 新任 对方姓名 我方 乙方电话 买方 卖方 买方电话 出租方 承租方 双方 对方
官方 校方 院方 警方 厂方 资方 地方 平方 处方 配方 面方 多方 单方 各方 东方 南方 北方 大方 我方号码 去向 流向 朝向 走向
意向 意向客户 意向金额 定向 志向 反向 双向 单向 转向 业务 原因 因由 病史 既往史 家族史 历史 历史号码 网络 白云 日程
流程 工程 工程名称 里程 课程 行程 行程时间 议程 章程 进程 规程 全程 路程 单程 长江路 解放路 中山路电话 南京路
"""
"""Headers and words within headers, many of which begin like the name of a person."""


@pytest.mark.parametrize("line", ORDINARY.strip().splitlines())
def test_ordinary_headers_stay(line):
    assert [without_persons(header) for header in line.split()] == line.split()


def test_labels_and_remarks_of_the_layouts_stay():
    texts = [*words._LABELS, *words._RELATIONS, *words._PLACES, *words._CARRIERS, *words._REMARKS]
    assert [without_persons(text) for text in texts] == texts


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("张伟电话", "…电话"),
        ("尹浩回访记录", "…回访记录"),
        ("民警丁燕电话", "民警…电话"),
        ("电话(丁燕负责)", "电话(…负责)"),
        ("丁燕核查", "…核查"),
        ("丁燕已核查", "…核查"),
        ("由尹浩回访", "由…回访"),
        ("张伟的手机", "…的手机"),
        ("张伟和李娜的电话", "…的电话"),
        ("李和平电话", "…电话"),
        ("王警官电话", "…警官电话"),
        ("老李手机", "…手机"),
        ("欧阳娜娜手机", "…手机"),
        ("受害人张伟电话", "受害人…电话"),
        ("承办人刘洋联系方式", "承办人…联系方式"),
        ("回访人尹浩", "回访人…"),
        ("回访民警：尹浩", "回访民警：…"),
        ("我爸张伟电话", "我爸…电话"),
        ("安娜电话", "…电话"),
        ("買買提·艾力電話", "…電話"),
        ("張偉電話", "…電話"),
        ("张\u3000伟电话", "…电话"),
        ("电话_张伟", "电话_…"),
        ("高中华电话", "…电话"),
        ("尹浩组", "…"),
        ("13912345678张伟", "13912345678…"),
        ("张伟2024年电话", "…2024年电话"),
        ("张伟副本", "…副本"),
    ],
)
def test_names_beside_known_words_are_left_out(header, shown):
    assert without_persons(header) == shown


@pytest.mark.parametrize(
    "header", ["尹浩回访记录", "民警丁燕电话", "电话(丁燕负责)", "丁燕核查", "张伟的手机", "张伟电话", "尹浩已核实号码"]
)
def test_no_report_text_has_the_name_in_a_header(load, header):
    rows = "".join(f"受害人{at},1381234{at:04},妻子1391234{at:04}打通\n" for at in range(6))
    report = load("a.csv", f"姓名,电话,{header}\n{rows}").report
    assert not any(name in texts(report) for name in ("尹浩", "丁燕", "张伟"))
    assert any(warning.column == 3 for warning in report.warnings) or any(each.column == 3 for each in report.columns)


@pytest.mark.parametrize(
    "text",
    [
        "汪刚电话:13912345678\n程霞洋电话:13912345679\n李娜电话:13700137003\n王强电话:13600136004\n",
        "汪刚电话\n甲 13912345678\n乙 13912345679\n",
    ],
)
def test_no_report_text_has_the_name_in_a_label(load, text):
    report = load("a.txt", text).report
    assert report.accepted
    assert not [person for person in (*NAMES, "李娜", "王强") if person in texts(report)]


def test_an_error_that_lists_headers_has_no_names(load):
    with pytest.raises(IntakeError) as caught:
        load("a.csv", "姓名,汪刚电话\n甲,13912345678\n乙,13912345679\n", account=("没有",))
    assert "…电话" in str(caught.value)
    assert "汪刚" not in str(caught.value)


def xlsx(*names: str) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    for name in names:
        page = book.add_worksheet(name)
        for at, cells in enumerate([["姓名", "备注号码"], ["甲", PHONES[0]], ["乙", PHONES[1]]]):
            page.write_row(at, 0, cells)
    book.close()
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("汪刚", "sheet … (2)"),
        ("汪刚通话记录", "sheet …通话记录 (2)"),
        ("13812345678汪刚", "sheet 138…… (2)"),
        ("13812345678", "sheet 138… (2)"),
        ("一组", "sheet 一组"),
        ("石桥镇", "sheet 石桥镇"),
    ],
)
def test_the_name_of_a_sheet(load, name, shown):
    report = load("a.xlsx", xlsx("名单", name)).report
    assert [column.location for column in report.columns] == ["a.xlsx sheet 名单", f"a.xlsx {shown}"]
    assert "汪刚" not in texts(report)


@pytest.mark.parametrize("sheet", ["汪刚13812345678", "…138… (2)"])
def test_a_sheet_is_given_by_its_name_and_by_what_is_shown(load, sheet):
    report = load("a.xlsx", xlsx("名单", "汪刚13812345678"), phone=(f"{sheet}!备注号码",)).report
    assert [str(column.by) for column in report.columns] == ["content", "given"]
    assert report.given == {f"{sheet}!备注号码"}


def test_a_long_header_takes_no_time():
    for text in ("林" * 100_000 + "人", "张伟和" * 40_000, "林 " * 50_000, "王·" * 50_000):
        without_persons(text)

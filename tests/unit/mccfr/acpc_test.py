#!/usr/bin/env python3
"""A dealer of the ACPC's protocol on the loopback address, for `weir-mccfr acpc`.

It plays the other seat at random, off the strategy's tree too, wants each answer to repeat the line and to be legal,
and counts the chips itself.
"""
import collections
import itertools
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.join(os.environ.get('WEIR_BIN', 'build/bin'), 'weir-mccfr')
HANDS, STACK, SMALL, BIG = 3000, 2000, 50, 100
RANKS = '23456789TJQKA'
DECK = [rank + suit for rank in RANKS for suit in 'cdhs']


def rank_of_five(cards):
    ranks = sorted((RANKS.index(card[0]) for card in cards), reverse=True)
    counts = sorted(collections.Counter(ranks).items(), key=lambda of: (of[1], of[0]), reverse=True)
    shape = tuple(count for _, count in counts)
    flush = len({card[1] for card in cards}) == 1
    top = ranks[0] if len(set(ranks)) == 5 and ranks[0] - ranks[4] == 4 else 3 if ranks == [12, 3, 2, 1, 0] else -1
    if top >= 0:
        return (8 if flush else 4, top)
    kind = {(4, 1): 7, (3, 2): 6, (3, 1, 1): 3, (2, 2, 1): 2, (2, 1, 1, 1): 1}.get(shape, 0)
    return (5 if flush else kind, *(rank for rank, _ in counts))


def best_of_seven(cards):
    return max(rank_of_five(five) for five in itertools.combinations(cards, 5))


class Hand:
    """What the dealer knows of one hand; seat 0 is the big blind."""

    def __init__(self, number, chance):
        self.number, self.seat = number, number % 2  # of the program
        cards = chance.sample(DECK, 9)
        self.hole, self.board = [cards[:2], cards[2:4]], cards[4:]
        self.put, self.turn, self.last = [BIG, SMALL], 1, BIG
        self.betting, self.round, self.acted, self.folded = '', 0, 0, None
        self.over = False

    def line(self):
        shown = self.over and self.folded is None
        holes = '|'.join(''.join(self.hole[p]) if shown or p == self.seat else '' for p in (0, 1))
        boards = ['', ''.join(self.board[:3]), self.board[3], self.board[4]]
        return f'MATCHSTATE:{self.seat}:{self.number}:{self.betting}:{holes}' + ''.join(
            '/' + each for each in boards[1:self.round + 1])

    def least_total(self):
        return min(STACK, max(self.put) + max(self.last, BIG))

    def legal(self, action):
        behind = self.put[self.turn] < max(self.put)
        if action == 'f':
            return behind
        if action == 'c':
            return True
        return (re.fullmatch(r'r[1-9][0-9]*', action) is not None and max(self.put) < STACK and
                self.least_total() <= int(action[1:]) <= STACK)

    def draw(self, chance):
        action = chance.choice('fcccr')
        if action == 'r' and max(self.put) < STACK:
            low = self.least_total()
            return f'r{chance.choice([low, chance.randint(low, STACK), min(STACK, chance.randint(low, low * 3))])}'
        return action if action == 'f' and self.legal('f') else 'c'

    def play(self, action):
        self.betting += action
        self.acted += 1
        if action == 'f':
            self.folded, self.over = self.turn, True
            return
        if action[0] == 'r':
            self.last, self.put[self.turn] = int(action[1:]) - max(self.put), int(action[1:])
        else:
            self.put[self.turn] = max(self.put)
        if action != 'c' or self.acted < 2:
            self.turn = 1 - self.turn
        elif self.round == 3 or self.put[0] == STACK:
            self.betting += '/' * (3 - self.round)
            self.round, self.over = 3, True
        else:
            self.betting += '/'
            self.round, self.turn, self.acted, self.last = self.round + 1, 0, 0, 0

    def won(self):
        """Of the program, in chips."""
        mine, theirs = self.seat, 1 - self.seat
        if self.folded is not None:
            return self.put[theirs] if self.folded == theirs else -self.put[mine]
        a, b = (best_of_seven(self.hole[p] + self.board) for p in (mine, theirs))
        return 0 if a == b else self.put[theirs] if a > b else -self.put[mine]


class AcpcTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        config = os.path.join(cls.folder.name, 'game.yaml')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(f'game: nolimit\nblinds: [{SMALL}, {BIG}]\nstack: {STACK}\nbuckets: [169, 8, 8, 8]\n')
        out = os.path.join(cls.folder.name, 'run')
        subprocess.run([PROGRAM, 'train', '--config', config, '--iters', '20000', '--seed', '2', '--out', out,
                        '--quiet'], check=True, stdout=subprocess.DEVNULL, timeout=200)
        cls.checkpoint = os.path.join(out, 'latest')

    def setUp(self):
        self.server = socket.socket()
        self.addCleanup(self.server.close)
        self.server.bind(('127.0.0.1', 0))
        self.server.listen(1)
        self.server.settimeout(200)

    def start(self):
        port = str(self.server.getsockname()[1])
        client = subprocess.Popen([PROGRAM, 'acpc', self.checkpoint, '--host', '127.0.0.1', '--port', port, '--json'],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(client.kill)
        link, _ = self.server.accept()
        self.addCleanup(link.close)
        link.settimeout(100)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = link.makefile('r', newline='')
        self.addCleanup(reader.close)
        self.assertEqual(reader.readline(), 'VERSION:2.0.0\r\n')
        return client, link, reader

    def test_three_thousand_hands(self):
        chance = random.Random(5)
        client, link, reader = self.start()
        won = showdowns = 0
        waiting = b''  # lines that come with the next one, so that a read has several
        for number in range(HANDS):
            hand = Hand(number, chance)
            while not hand.over:
                line = hand.line()
                if hand.turn != hand.seat:
                    waiting += f'{line}\r\n'.encode()
                    hand.play(hand.draw(chance))
                    continue
                data = waiting + f'{line}\r\n'.encode()
                waiting = b''
                cut = chance.randrange(len(data)) if chance.random() < 0.2 else 0
                for piece in (data[:cut], data[cut:]):
                    link.sendall(piece)
                answer = reader.readline()
                self.assertTrue(answer.startswith(line + ':') and answer.endswith('\r\n'), (line, answer))
                action = answer[len(line) + 1:-2]
                self.assertTrue(hand.legal(action), (line, action))
                hand.play(action)
            waiting += f'{hand.line()}\r\n'.encode()
            won += hand.won()
            showdowns += hand.folded is None
        link.sendall(waiting)
        link.shutdown(socket.SHUT_WR)
        out, err = client.communicate(timeout=100)
        self.assertEqual(client.returncode, 0, err)
        said = json.loads(out)
        self.assertGreater(showdowns, HANDS / 20)
        self.assertEqual((said['hands'], said['unfinished'], said['chips']), (HANDS, 0, won))

    def test_a_line_that_is_none_is_named(self):
        client, link, _ = self.start()
        link.sendall(b'MATCHSTATE:0:0:r1:AsKd|\r\n')
        out, err = client.communicate(timeout=100)
        self.assertNotEqual(client.returncode, 0)
        self.assertIn('line 1, column 16', err)
        self.assertFalse(json.loads(out)['ok'])

    def test_a_dealer_that_hangs_up_in_a_hand_is_told(self):
        client, link, reader = self.start()
        link.sendall(b'MATCHSTATE:1:0::|AsKd\r\n')
        self.assertTrue(reader.readline().startswith('MATCHSTATE:1:0::|AsKd:'))
        link.shutdown(socket.SHUT_RDWR)
        _, err = client.communicate(timeout=100)
        self.assertNotEqual(client.returncode, 0)
        self.assertIn('in hand 0', err)


if __name__ == '__main__':
    if not os.path.exists(PROGRAM):
        print('SKIP: weir-mccfr is not built')
        sys.exit(77)
    unittest.main()
